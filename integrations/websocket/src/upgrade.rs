use std::fmt;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use http::header::{HOST, ORIGIN};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Request, Response, Uri};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio_tungstenite::tungstenite::handshake::server::create_response;

use crate::WebSocket;
use crate::connection::Connection;
use crate::error::{Error, Reason, Result};
use crate::rejection::Rejection;
use crate::settings::{Settings, settings_methods};
use crate::transport::Transport;

/// A request to upgrade to WebSocket, on the server's side (RFC 6455 §4.2).
///
/// It is created from any request that hyper has read, such as those of
/// `net::http` and axum. With the feature `axum`, it is an extractor of axum.
///
/// ```
/// use http::{Request, Response};
/// use net_websocket::WebSocketUpgrade;
///
/// async fn echo<B>(mut request: Request<B>) -> Response<String> {
///     let upgrade = match WebSocketUpgrade::new(&mut request) {
///         Ok(upgrade) => upgrade,
///         Err(rejection) => return rejection.into_response(),
///     };
///     upgrade.on_upgrade(|mut socket| async move {
///         while let Ok(Some(message)) = socket.recv().await {
///             if socket.send(message).await.is_err() {
///                 break;
///             }
///         }
///     })
/// }
/// ```
///
/// Pages of another origin are refused unless
/// [allowed](WebSocketUpgrade::with_origins), since browsers send cookies with
/// their requests, too.
///
/// After the upgrade, a connection no longer belongs to the HTTP server, whose
/// graceful shutdown does not wait for it.
pub struct WebSocketUpgrade {
    upgrade: OnUpgrade,
    response: Response<()>,
    headers: HeaderMap,
    protocol: Option<HeaderValue>,
    origins: Origins,
    settings: Settings,
}

/// The origins whose pages may connect (RFC 6455 §10.2).
#[derive(Debug)]
enum Origins {
    Same,
    Any,
    These(Vec<String>),
}

impl WebSocketUpgrade {
    /// Creates an upgrade from a request.
    ///
    /// # Errors
    ///
    /// Returns an error if this is not a WebSocket handshake, or one of another
    /// version.
    pub fn new<B>(request: &mut Request<B>) -> Result<Self, Rejection> {
        let mut head = Request::new(());
        *head.method_mut() = request.method().clone();
        *head.version_mut() = request.version();
        *head.headers_mut() = request.headers().clone();
        Self::of(head, request.extensions_mut().remove())
    }

    /// Creates an upgrade from a request without its body.
    ///
    /// # Errors
    ///
    /// See [`new`](WebSocketUpgrade::new).
    pub fn from_parts(parts: &mut Parts) -> Result<Self, Rejection> {
        let mut head = Request::new(());
        *head.method_mut() = parts.method.clone();
        *head.version_mut() = parts.version;
        *head.headers_mut() = parts.headers.clone();
        Self::of(head, parts.extensions.remove())
    }

    fn of(head: Request<()>, upgrade: Option<OnUpgrade>) -> Result<Self, Rejection> {
        let response = create_response(&head).map_err(|error| Rejection::of(&error))?;
        Ok(WebSocketUpgrade {
            upgrade: upgrade.ok_or_else(Rejection::not_upgradable)?,
            response,
            headers: head.into_parts().0.headers,
            protocol: None,
            origins: Origins::Same,
            settings: Settings::new(),
        })
    }

    /// Sets the supported subprotocols. The client's preferred one is chosen; if
    /// there is none in common, none is used.
    #[must_use]
    pub fn with_protocols(mut self, names: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        let known: Vec<_> = names.into_iter().collect();
        let offered = self.headers.get_all("Sec-WebSocket-Protocol").iter();
        let offered = offered.filter_map(|value| value.to_str().ok());
        let mut offered = offered.flat_map(|names| names.split(',')).map(str::trim);
        let chosen = offered.find(|name| known.iter().any(|known| known.as_ref() == *name));
        self.protocol = chosen.and_then(|name| HeaderValue::from_str(name).ok());
        self
    }

    /// Returns the chosen subprotocol.
    #[must_use]
    pub fn protocol(&self) -> Option<&str> {
        self.protocol.as_ref()?.to_str().ok()
    }

    /// Allows only pages of these origins, such as `https://example.com`. Clients
    /// that send no `Origin`, which browsers always do, are always allowed.
    #[must_use]
    pub fn with_origins(mut self, origins: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.origins = Origins::These(origins.into_iter().map(Into::into).collect());
        self
    }

    /// Allows pages of any origin. Do not authenticate by cookies then.
    #[must_use]
    pub fn with_any_origin(mut self) -> Self {
        self.origins = Origins::Any;
        self
    }

    settings_methods!();

    /// Accepts the upgrade. Returns the response to send, and a future of the
    /// WebSocket, which completes when the response is sent.
    ///
    /// # Errors
    ///
    /// Returns an error if the origin is not allowed.
    pub fn accept<B: From<&'static str>>(self) -> Result<(Response<B>, Upgrading), Rejection> {
        if !self.origins.allow(&self.headers) {
            return Err(Rejection::origin());
        }
        let protocol = self.protocol().map(str::to_owned);
        let mut response = self.response.map(|()| B::from(""));
        if let Some(name) = self.protocol {
            let headers = response.headers_mut();
            headers.insert("Sec-WebSocket-Protocol", name);
        }
        let (upgrade, settings) = (self.upgrade, self.settings);
        let upgrading = async move {
            let upgraded = upgrade.await.map_err(|error| {
                let error = io::Error::other(error);
                Error::new("upgrade", Reason::Io(error))
            })?;
            let transport = Transport::Upgraded(TokioIo::new(upgraded));
            let connection = Connection::upgraded(transport, &settings).await;
            Ok(WebSocket::new(connection, protocol))
        };
        Ok((response, Upgrading(Box::pin(upgrading))))
    }

    /// Accepts the upgrade, and runs a function with the WebSocket in a task. It is
    /// not called if the client disconnects before. Returns the response to send.
    ///
    /// # Panics
    ///
    /// Panics if called outside of a Tokio runtime.
    pub fn on_upgrade<B, F>(self, run: impl FnOnce(WebSocket) -> F + Send + 'static) -> Response<B>
    where
        B: From<&'static str>,
        F: Future<Output = ()> + Send + 'static,
    {
        let (response, upgrading) = match self.accept() {
            Ok(accepted) => accepted,
            Err(rejection) => return rejection.into_response(),
        };
        tokio::spawn(async move {
            if let Ok(socket) = upgrading.await {
                run(socket).await;
            }
        });
        response
    }
}

impl Origins {
    fn allow(&self, headers: &HeaderMap) -> bool {
        let Some(origin) = headers.get(ORIGIN) else {
            return true;
        };
        let origin = origin.to_str().unwrap_or_default();
        match self {
            Origins::Any => true,
            Origins::These(origins) => origins.iter().any(|known| known == origin),
            Origins::Same => {
                let host = headers.get(HOST).and_then(|host| host.to_str().ok());
                let uri = origin.parse::<Uri>().ok();
                let page = uri.as_ref().and_then(Uri::authority);
                let page = page.map(http::uri::Authority::as_str);
                host.zip(page)
                    .is_some_and(|(host, page)| host.eq_ignore_ascii_case(page))
            }
        }
    }
}

impl fmt::Debug for WebSocketUpgrade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebSocketUpgrade")
            .field("protocol", &self.protocol)
            .field("origins", &self.origins)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

/// The future of a WebSocket; see [`WebSocketUpgrade::accept`].
///
/// It completes when the response is sent.
pub struct Upgrading(Pin<Box<dyn Future<Output = Result<WebSocket>> + Send>>);

impl Future for Upgrading {
    type Output = Result<WebSocket>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<WebSocket>> {
        self.0.as_mut().poll(cx)
    }
}

impl fmt::Debug for Upgrading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Upgrading(..)")
    }
}
