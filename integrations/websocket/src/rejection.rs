use std::fmt;

use http::header::UPGRADE;
use http::{HeaderName, HeaderValue, Response, StatusCode};
use tokio_tungstenite::tungstenite;
use tungstenite::error::ProtocolError;

/// The reason why a request is not upgraded, which is also the response to it.
#[derive(Debug)]
pub struct Rejection {
    status: StatusCode,
    message: &'static str,
    header: Option<(HeaderName, HeaderValue)>,
}

impl Rejection {
    fn new(status: StatusCode, message: &'static str) -> Self {
        Rejection {
            status,
            message,
            header: None,
        }
    }

    fn with_header(mut self, name: HeaderName, value: &'static str) -> Self {
        self.header = Some((name, HeaderValue::from_static(value)));
        self
    }

    pub(crate) fn of(error: &tungstenite::Error) -> Self {
        let tungstenite::Error::Protocol(error) = error else {
            return Rejection::new(StatusCode::BAD_REQUEST, "not a WebSocket handshake");
        };
        match error {
            ProtocolError::WrongHttpMethod => {
                Rejection::new(StatusCode::METHOD_NOT_ALLOWED, "WebSocket needs GET")
                    .with_header(http::header::ALLOW, "GET")
            }
            ProtocolError::MissingConnectionUpgradeHeader
            | ProtocolError::MissingUpgradeWebSocketHeader => Rejection::new(
                StatusCode::UPGRADE_REQUIRED,
                "this resource needs WebSocket",
            )
            .with_header(UPGRADE, "websocket"),
            ProtocolError::MissingSecWebSocketVersionHeader => {
                let version = HeaderName::from_static("sec-websocket-version");
                Rejection::new(StatusCode::UPGRADE_REQUIRED, "WebSocket needs version 13")
                    .with_header(version, "13")
            }
            ProtocolError::WrongHttpVersion => {
                Rejection::new(StatusCode::BAD_REQUEST, "WebSocket needs HTTP/1.1")
            }
            ProtocolError::MissingSecWebSocketKey | ProtocolError::InvalidSecWebSocketKey => {
                Rejection::new(
                    StatusCode::BAD_REQUEST,
                    "Sec-WebSocket-Key must be 16 bytes in Base64",
                )
            }
            _ => Rejection::new(StatusCode::BAD_REQUEST, "not a WebSocket handshake"),
        }
    }

    pub(crate) fn origin() -> Self {
        Rejection::new(StatusCode::FORBIDDEN, "this origin is not allowed")
    }

    pub(crate) fn not_upgradable() -> Self {
        Rejection::new(
            StatusCode::BAD_REQUEST,
            "this connection cannot be upgraded: WebSocket needs HTTP/1.1",
        )
    }

    /// Returns the status of the response.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// Converts into the response.
    #[must_use]
    pub fn into_response<B: From<&'static str>>(self) -> Response<B> {
        let mut response = Response::new(B::from(self.message));
        *response.status_mut() = self.status;
        if let Some((name, value)) = self.header {
            response.headers_mut().insert(name, value);
        }
        response
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.status, self.message)
    }
}

impl std::error::Error for Rejection {}
