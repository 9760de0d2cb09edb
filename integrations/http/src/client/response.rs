use std::fmt;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use http::header::HeaderMap;
use http::{Extensions, Method, StatusCode, Uri, Version};
use http_body::{Body as _, Frame, SizeHint};
use serde::de::DeserializeOwned;

use super::error::{RequestError, Stage};
use super::upgrade::Upgraded;
use crate::{Body, BoxError};

/// The response to a request: its head, and its body as it is received.
///
/// It is an [`http_body::Body`] itself, and converts into an `http::Response`.
pub struct Response {
    http: http::Response<Body>,
    method: Method,
    url: Uri,
    max_body: usize,
}

impl Response {
    pub(super) fn new(
        http: http::Response<Body>,
        method: Method,
        url: Uri,
        max_body: usize,
    ) -> Self {
        Response {
            http,
            method,
            url,
            max_body,
        }
    }

    /// Returns the status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.http.status()
    }

    /// Returns the HTTP version.
    #[must_use]
    pub fn version(&self) -> Version {
        self.http.version()
    }

    /// Returns the headers.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        self.http.headers()
    }

    /// Returns the extensions.
    #[must_use]
    pub fn extensions(&self) -> &Extensions {
        self.http.extensions()
    }

    /// Returns the URL of the response; after redirects, the last URL.
    #[must_use]
    pub fn url(&self) -> &Uri {
        &self.url
    }

    /// Returns the length of the body, if the peer has sent it and the body is
    /// not compressed.
    #[must_use]
    pub fn content_length(&self) -> Option<u64> {
        self.http.body().size_hint().exact()
    }

    /// Turns a response with a status from 400 to 599 into an error.
    ///
    /// # Errors
    ///
    /// Returns an error with that [`status`](RequestError::status).
    pub fn error_for_status(self) -> Result<Self, RequestError> {
        let status = self.status();
        if status.is_client_error() || status.is_server_error() {
            return Err(self.error(Stage::Status(status), status.to_string()));
        }
        Ok(self)
    }

    /// Reads the next part of the body; `None` after the last.
    ///
    /// # Errors
    ///
    /// Returns an error if the connection fails, a timeout has elapsed, or the
    /// compressed data is corrupt.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. If the future is dropped, no data is lost.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, RequestError> {
        loop {
            let frame = std::future::poll_fn(|cx| Pin::new(&mut *self).poll_frame(cx)).await;
            match frame.transpose()?.map(Frame::into_data) {
                Some(Ok(data)) => return Ok(Some(data)),
                // Trailers.
                Some(Err(_)) => {}
                None => return Ok(None),
            }
        }
    }

    /// Reads the whole body.
    ///
    /// # Errors
    ///
    /// Returns an error as [`chunk`](Response::chunk) does, and if the body is
    /// longer than [`Client::with_max_body`](crate::Client::with_max_body) allows.
    pub async fn bytes(mut self) -> Result<Bytes, RequestError> {
        if self
            .content_length()
            .is_some_and(|length| length > self.max_body as u64)
        {
            return Err(self.too_long());
        }
        let Some(first) = self.chunk().await? else {
            return Ok(Bytes::new());
        };
        let Some(second) = self.chunk().await? else {
            return if first.len() > self.max_body {
                Err(self.too_long())
            } else {
                Ok(first)
            };
        };
        let mut all = BytesMut::from(first);
        let mut next = Some(second);
        while let Some(data) = next {
            if all.len() + data.len() > self.max_body {
                return Err(self.too_long());
            }
            all.extend_from_slice(&data);
            next = self.chunk().await?;
        }
        Ok(all.freeze())
    }

    /// Reads the whole body as UTF-8. Invalid sequences are replaced by `U+FFFD`.
    ///
    /// # Errors
    ///
    /// See [`bytes`](Response::bytes).
    pub async fn text(self) -> Result<String, RequestError> {
        let bytes = self.bytes().await?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Reads the whole body and deserializes it from JSON.
    ///
    /// # Errors
    ///
    /// Returns an error as [`bytes`](Response::bytes) does, and if the body is not
    /// JSON of a `T`.
    pub async fn json<T: DeserializeOwned>(self) -> Result<T, RequestError> {
        let (method, url) = (self.method.clone(), self.url.clone());
        let bytes = self.bytes().await?;
        serde_json::from_slice(&bytes).map_err(|error| {
            let error = io::Error::new(io::ErrorKind::InvalidData, error);
            RequestError::new(&method, &url, Stage::Body, error)
        })
    }

    /// Returns the connection after the peer has switched to another protocol:
    /// after status 101, or a successful CONNECT request.
    ///
    /// # Errors
    ///
    /// Returns an error if the peer has not switched protocols.
    pub async fn upgrade(self) -> Result<Upgraded, RequestError> {
        let (method, url) = (self.method.clone(), self.url.clone());
        let upgraded = hyper::upgrade::on(self.http).await;
        upgraded
            .map(Upgraded::new)
            .map_err(|error| RequestError::new(&method, &url, Stage::Exchange, error))
    }

    fn too_long(&self) -> RequestError {
        let message = format!("the body is longer than {} bytes", self.max_body);
        let error = io::Error::new(io::ErrorKind::InvalidData, message);
        self.error(Stage::Body, error)
    }

    fn error(&self, stage: Stage, cause: impl Into<BoxError>) -> RequestError {
        RequestError::new(&self.method, &self.url, stage, cause)
    }
}

impl http_body::Body for Response {
    type Data = Bytes;
    type Error = RequestError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, RequestError>>> {
        let frame = Pin::new(self.http.body_mut()).poll_frame(cx);
        frame.map(|frame| frame.map(|frame| frame.map_err(|cause| self.error(Stage::Body, cause))))
    }

    fn is_end_stream(&self) -> bool {
        self.http.body().is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.http.body().size_hint()
    }
}

impl From<Response> for http::Response<Body> {
    fn from(response: Response) -> Self {
        response.http
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("status", &self.status())
            .field("version", &self.version())
            .field("headers", self.headers())
            .finish_non_exhaustive()
    }
}
