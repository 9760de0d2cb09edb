use std::fmt;
use std::io;

use http::{HeaderValue, StatusCode};
use net_traits::{Address, Dialer, Host, Result, async_trait};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::{destination, dial_error};
use crate::credentials::Credentials;

/// The longest head of a proxy's response.
const MAX_HEAD: usize = 16 << 10;
const MAX_FIELDS: usize = 64;

/// A dialer that connects through an HTTP proxy, using `CONNECT`
/// (RFC 9110 §9.3.6).
///
/// The proxy resolves names.
///
/// ```no_run
/// # async fn example() -> net::Result<()> {
/// use net::prelude::*;
/// use net_http::HttpProxy;
///
/// let dialer = HttpProxy::new(net::Net::default(), "proxy.internal:3128")
///     .with_basic_auth("user", "secret");
/// let stream = dialer.dial("tcp", "example.com:443").await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct HttpProxy<D> {
    dialer: D,
    proxy: String,
    credentials: Option<HeaderValue>,
}

impl<D> HttpProxy<D> {
    /// Creates a dialer that uses the proxy at `host:port`, which is connected to
    /// by another dialer: over TLS, if that is a `TlsDialer`.
    pub fn new(dialer: D, proxy: impl Into<String>) -> Self {
        HttpProxy {
            dialer,
            proxy: proxy.into(),
            credentials: None,
        }
    }

    /// Sets `Basic` authentication (RFC 7617).
    #[must_use]
    pub fn with_basic_auth(mut self, user: &str, password: &str) -> Self {
        self.credentials = Some(Credentials::new(user, password).basic());
        self
    }

    pub(super) fn with_credentials(mut self, credentials: Option<&Credentials>) -> Self {
        self.credentials = credentials.map(Credentials::basic);
        self
    }

    fn request(&self, host: &Host, port: u16) -> Vec<u8> {
        let authority = match host {
            Host::Ip { ip, .. } if ip.is_ipv6() => format!("[{host}]:{port}"),
            _ => format!("{host}:{port}"),
        };
        let mut head =
            format!("CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n").into_bytes();
        if let Some(credentials) = &self.credentials {
            head.extend_from_slice(b"Proxy-Authorization: ");
            head.extend_from_slice(credentials.as_bytes());
            head.extend_from_slice(b"\r\n");
        }
        head.extend_from_slice(b"\r\n");
        head
    }
}

#[async_trait]
impl<D: Dialer> Dialer for HttpProxy<D> {
    type Stream = D::Stream;

    /// # Errors
    ///
    /// Returns an error of kind
    /// [`PermissionDenied`](io::ErrorKind::PermissionDenied) if the proxy requires
    /// other credentials or refuses to connect.
    async fn dial_to(&self, address: Address) -> Result<D::Stream> {
        let (host, port) = destination(&address)?;
        let mut stream = self.dialer.dial("tcp", &self.proxy).await?;
        let connected = async {
            stream.write_all(&self.request(host, port)).await?;
            stream.flush().await?;
            let status = read_status(&mut stream).await?;
            if status.is_success() {
                return Ok(());
            }
            let kind = match status {
                StatusCode::FORBIDDEN | StatusCode::PROXY_AUTHENTICATION_REQUIRED => {
                    io::ErrorKind::PermissionDenied
                }
                StatusCode::GATEWAY_TIMEOUT => io::ErrorKind::TimedOut,
                _ => io::ErrorKind::ConnectionRefused,
            };
            Err(io::Error::new(kind, status.to_string()))
        };
        connected.await.map_err(|error: io::Error| {
            let message = format!("HTTP proxy {}: {error}", self.proxy);
            dial_error(&address, io::Error::new(error.kind(), message))
        })?;
        Ok(stream)
    }
}

/// Reads the head of the response, and no byte of what follows: that belongs to
/// the connection.
async fn read_status(stream: &mut (impl AsyncReadExt + Unpin)) -> io::Result<StatusCode> {
    let invalid = |message: &str| io::Error::new(io::ErrorKind::InvalidData, message.to_owned());
    let mut head = Vec::with_capacity(256);
    while !head.ends_with(b"\r\n\r\n") {
        if head.len() == MAX_HEAD {
            return Err(invalid("the head of the response is too long"));
        }
        head.push(stream.read_u8().await?);
    }
    let mut fields = [httparse::EMPTY_HEADER; MAX_FIELDS];
    let mut answer = httparse::Response::new(&mut fields);
    let parsed = answer.parse(&head);
    let parsed = parsed.map_err(|error| invalid(&format!("invalid response: {error}")))?;
    match (parsed.is_complete(), answer.code) {
        (true, Some(code)) => StatusCode::from_u16(code).map_err(|_| invalid("invalid status")),
        _ => Err(invalid("invalid response")),
    }
}

/// Omits the credentials.
impl<D: fmt::Debug> fmt::Debug for HttpProxy<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpProxy")
            .field("dialer", &self.dialer)
            .field("proxy", &self.proxy)
            .finish_non_exhaustive()
    }
}
