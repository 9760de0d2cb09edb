use std::fmt;
use std::time::Duration;

use http::header::{CONNECTION, HOST, UPGRADE};
use http::{HeaderMap, HeaderName, HeaderValue, Request};
use net_http::redacted;
use net_traits::{Address, BoxStream, Dialer};
use tokio_tungstenite::client_async_with_config;
use tokio_tungstenite::tungstenite::handshake::client::{Response, generate_key};

use crate::WebSocket;
use crate::connection::Connection;
use crate::error::{Error, Reason, Result};
use crate::settings::{Settings, settings_methods};
use crate::transport::Transport;
use crate::url::Target;

/// Connects to a WebSocket server, with the limits of [`Client::with_dialer`].
///
/// ```no_run
/// # async fn example() -> net_websocket::Result<()> {
/// let dialer = net::Net::default();
/// let mut socket = net_websocket::connect(&dialer, "ws://127.0.0.1:3000/chat").await?;
/// socket.send("hello").await?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// See [`Client::connect`].
pub async fn connect<D: Dialer>(dialer: &D, url: &str) -> Result<WebSocket> {
    Client::with_dialer(dialer).connect(url).await
}

/// A WebSocket client: subprotocols, headers, limits and timeouts.
///
/// A client can open any number of connections.
///
/// ```no_run
/// # async fn example() -> net_websocket::Result<()> {
/// use http::HeaderValue;
/// use http::header::AUTHORIZATION;
///
/// let client = net_websocket::Client::with_dialer(net::Net::default())
///     .with_protocols(["chat.v2", "chat.v1"])
///     .with_header(AUTHORIZATION, HeaderValue::from_static("Bearer secret"));
/// let socket = client.connect("ws://127.0.0.1:3000/chat").await?;
/// assert_eq!(socket.protocol(), Some("chat.v2"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Client<D> {
    dialer: D,
    protocols: Vec<String>,
    headers: HeaderMap,
    handshake_timeout: Duration,
    settings: Settings,
    #[cfg(feature = "tls")]
    tls: Option<net_tls::ClientConfig>,
}

impl<D: Dialer + Default> Client<D> {
    /// Creates a client on the default dialer; see
    /// [`with_dialer`](Client::with_dialer).
    #[must_use]
    pub fn new() -> Self {
        Client::with_dialer(D::default())
    }
}

impl<D: Dialer + Default> Default for Client<D> {
    fn default() -> Self {
        Client::new()
    }
}

impl<D: Dialer> Client<D> {
    /// Creates a client on a dialer, with a handshake timeout of 30 seconds,
    /// messages of at most 1 MiB, and a ping interval of 30 seconds.
    #[must_use]
    pub fn with_dialer(dialer: D) -> Self {
        Client {
            dialer,
            protocols: Vec::new(),
            headers: HeaderMap::new(),
            handshake_timeout: Duration::from_secs(30),
            settings: Settings::new(),
            #[cfg(feature = "tls")]
            tls: None,
        }
    }

    /// Sets the TLS configuration for `wss://`. Its protocol (ALPN) is replaced by
    /// `http/1.1`.
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn with_tls(mut self, config: net_tls::ClientConfig) -> Self {
        self.tls = Some(config.with_alpn(&["http/1.1"]));
        self
    }

    /// Sets the subprotocols that are offered, in order of preference. The server
    /// must choose one (RFC 6455 §1.9).
    #[must_use]
    pub fn with_protocols(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.protocols = names.into_iter().map(Into::into).collect();
        self
    }

    /// Adds a header, such as `Authorization` or `Origin`. With one that the
    /// handshake itself sets, [`connect`](Client::connect) fails.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.append(name, value);
        self
    }

    /// Sets the timeout for connecting, including dialing and the server's
    /// response.
    #[must_use]
    pub fn with_handshake_timeout(mut self, timeout: Duration) -> Self {
        self.handshake_timeout = timeout;
        self
    }

    settings_methods!();

    /// Connects to `ws://host:port/path` (default port 80) or
    /// `wss://host:port/path` (default port 443).
    ///
    /// # Errors
    ///
    /// Returns an error if the URL is invalid, or the server cannot be reached,
    /// times out, [refuses](Reason::Refused) the upgrade, or violates the protocol.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future cancels the attempt and closes its socket.
    pub async fn connect(&self, url: &str) -> Result<WebSocket> {
        let target = Target::parse(url)?;
        let connecting = tokio::time::timeout(self.handshake_timeout, self.open(&target));
        let connected = connecting.await.unwrap_or_else(|_| {
            let (what, after) = ("response to the handshake", self.handshake_timeout);
            Err(Reason::TimedOut { what, after })
        });
        connected
            .map_err(|reason| Error::new("connect", reason).with_url(Some(&redacted(&target.uri))))
    }

    async fn open(&self, target: &Target) -> Result<WebSocket, Reason> {
        let request = self.request(target)?;
        let stream = self.dial(target).await?;
        let config = Some(self.settings.wire());
        let handshake = client_async_with_config(request, Transport::Dialed(stream), config);
        let (stream, response) = handshake.await.map_err(Reason::of_handshake)?;
        let protocol = protocol(&response)?;
        let connection = Connection::new(stream, &self.settings, Some(redacted(&target.uri)));
        Ok(WebSocket::new(connection, protocol))
    }

    async fn dial(&self, target: &Target) -> Result<BoxStream, Reason> {
        let address = Address::tcp(target.origin.address().clone());
        if !target.is_secure() {
            let stream = self.dialer.dial_to(address).await;
            return Ok(BoxStream::new(stream.map_err(Reason::Dial)?));
        }
        #[cfg(feature = "tls")]
        if let Some(config) = self.tls.clone() {
            let dialer = net_tls::TlsDialer::new(&self.dialer, config);
            let stream = dialer.dial_to(address).await;
            return Ok(BoxStream::new(stream.map_err(Reason::Dial)?));
        }
        let message = "wss:// needs the feature `tls` and a configuration: call `with_tls`";
        Err(Reason::Invalid(message.to_owned()))
    }

    /// The opening handshake (RFC 6455 §4.1).
    fn request(&self, target: &Target) -> Result<Request<()>, Reason> {
        let authority = target.uri.authority().map_or("", |host| host.as_str());
        let mut request = Request::get(target.uri.clone())
            .header(HOST, authority)
            .header(CONNECTION, "Upgrade")
            .header(UPGRADE, "websocket")
            .header("Sec-WebSocket-Version", "13")
            .header("Sec-WebSocket-Key", generate_key());
        if !self.protocols.is_empty() {
            request = request.header("Sec-WebSocket-Protocol", self.protocols.join(", "));
        }
        let request = request.body(());
        let mut request = request.map_err(|error| Reason::Invalid(error.to_string()))?;
        for (name, value) in &self.headers {
            let reserved = [HOST, CONNECTION, UPGRADE].contains(name);
            if reserved || name.as_str().starts_with("sec-websocket-") {
                return Err(Reason::Invalid(format!(
                    "the header {name} is set by the handshake"
                )));
            }
            request.headers_mut().append(name, value.clone());
        }
        Ok(request)
    }
}

/// Returns the subprotocol that the server has chosen. Extensions were not
/// offered.
fn protocol(response: &Response) -> Result<Option<String>, Reason> {
    if response.headers().contains_key("Sec-WebSocket-Extensions") {
        let message = "the server uses an extension that was not offered";
        return Err(Reason::Handshake(message.to_owned()));
    }
    let Some(name) = response.headers().get("Sec-WebSocket-Protocol") else {
        return Ok(None);
    };
    let name = name
        .to_str()
        .map_err(|error| Reason::Handshake(error.to_string()))?;
    Ok(Some(name.to_owned()))
}

impl<D: fmt::Debug> fmt::Debug for Client<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Omits headers, whose values may be secret.
        f.debug_struct("Client")
            .field("dialer", &self.dialer)
            .field("protocols", &self.protocols)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}
