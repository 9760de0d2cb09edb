use std::fmt;
use std::time::Duration;

use http::header::{CONNECTION, HOST, UPGRADE};
use http::{HeaderMap, HeaderName, HeaderValue, Request};
use net_traits::{BoxStream, Dialer};
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

/// How WebSocket servers are connected to.
///
/// Each `with_` method changes one thing. A client is used again for as many
/// connections as you like.
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
    /// As [`with_dialer`](Client::with_dialer), on the dialer that is the
    /// default.
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
    /// A client on a dialer. It gives servers 30 seconds until they speak
    /// WebSocket, takes messages of up to 1 MiB, and asks silent servers after
    /// 30 seconds whether they are still there.
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

    /// Connects to `wss://` by this configuration, whose protocol (ALPN) is
    /// `http/1.1` whatever it says.
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn with_tls(mut self, config: net_tls::ClientConfig) -> Self {
        self.tls = Some(config.with_alpn(&["http/1.1"]));
        self
    }

    /// Offers these subprotocols, the best first; the server must choose one
    /// (RFC 6455 §1.9).
    #[must_use]
    pub fn with_protocols(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.protocols = names.into_iter().map(Into::into).collect();
        self
    }

    /// Sends a header along, such as `Authorization` or `Origin`. Those of the
    /// handshake itself are not for the taking: [`connect`](Client::connect)
    /// refuses them.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.append(name, value);
        self
    }

    /// How long connecting may take: the dialer, and the server's answer.
    #[must_use]
    pub fn with_handshake_timeout(mut self, timeout: Duration) -> Self {
        self.handshake_timeout = timeout;
        self
    }

    settings_methods!();

    /// Connects to `ws://host:port/path`, by default on port 80, or to `wss://`,
    /// by default on port 443.
    ///
    /// # Errors
    ///
    /// If the URL cannot be, the server cannot be reached, does not answer in
    /// time, [refuses](Reason::Refused), or answers what it must not.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future gives the attempt up and closes its socket.
    pub async fn connect(&self, url: &str) -> Result<WebSocket> {
        let target = Target::parse(url)?;
        let connecting = tokio::time::timeout(self.handshake_timeout, self.open(&target));
        let connected = connecting.await.unwrap_or_else(|_| {
            let (what, after) = ("answer to the handshake", self.handshake_timeout);
            Err(Reason::TimedOut { what, after })
        });
        connected.map_err(|reason| Error::new("connect", reason).with_url(Some(&target.shown)))
    }

    async fn open(&self, target: &Target) -> Result<WebSocket, Reason> {
        let request = self.request(target)?;
        let stream = self.dial(target).await?;
        let config = Some(self.settings.wire());
        let handshake = client_async_with_config(request, Transport::Dialed(stream), config);
        let (stream, response) = handshake.await.map_err(Reason::of_handshake)?;
        let protocol = protocol(&response)?;
        let connection = Connection::new(stream, &self.settings, Some(target.shown.clone()));
        Ok(WebSocket::new(connection, protocol))
    }

    async fn dial(&self, target: &Target) -> Result<BoxStream, Reason> {
        if !target.secure {
            let stream = self.dialer.dial("tcp", &target.address).await;
            return Ok(BoxStream::new(stream.map_err(Reason::Dial)?));
        }
        #[cfg(feature = "tls")]
        if let Some(config) = self.tls.clone() {
            let dialer = net_tls::TlsDialer::new(&self.dialer, config);
            let stream = dialer.dial("tcp", &target.address).await;
            return Ok(BoxStream::new(stream.map_err(Reason::Dial)?));
        }
        let message = "wss:// needs the feature `tls`, and a configuration by `with_tls`";
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

/// The subprotocol that a server has chosen; extensions were not on offer.
fn protocol(response: &Response) -> Result<Option<String>, Reason> {
    if response.headers().contains_key("Sec-WebSocket-Extensions") {
        let message = "the server uses an extension that was not asked for";
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
        // Without the values of headers, which may be secret.
        f.debug_struct("Client")
            .field("dialer", &self.dialer)
            .field("protocols", &self.protocols)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}
