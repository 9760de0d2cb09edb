use std::fmt;
use std::io;
use std::net::IpAddr;

use net_traits::{Address, Dialer, Host, Result, async_trait};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::{destination, dial_error};
use crate::credentials::Credentials;

const VERSION: u8 = 5;
const NO_AUTHENTICATION: u8 = 0;
const USER_AND_PASSWORD: u8 = 2;
const NONE_ACCEPTABLE: u8 = 0xff;
/// The version of username/password authentication (RFC 1929 §2).
const PASSWORD_VERSION: u8 = 1;
const CONNECT: u8 = 1;
const IPV4: u8 = 1;
const NAME: u8 = 3;
const IPV6: u8 = 4;

/// A dialer that connects through a SOCKS 5 proxy (RFC 1928).
///
/// The proxy resolves names, as with curl's `socks5h`.
///
/// ```no_run
/// # async fn example() -> net::Result<()> {
/// use net::prelude::*;
/// use net_http::Socks5;
///
/// let dialer = Socks5::new(net::Net::default(), "127.0.0.1:1080");
/// let stream = dialer.dial("tcp", "example.com:80").await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Socks5<D> {
    dialer: D,
    proxy: String,
    credentials: Option<Credentials>,
}

impl<D> Socks5<D> {
    /// Creates a dialer that uses the proxy at `host:port`, which is connected to
    /// by another dialer.
    pub fn new(dialer: D, proxy: impl Into<String>) -> Self {
        Socks5 {
            dialer,
            proxy: proxy.into(),
            credentials: None,
        }
    }

    /// Sets username/password authentication (RFC 1929), if the proxy requires
    /// it. The password is sent unencrypted.
    #[must_use]
    pub fn with_password(mut self, user: impl Into<String>, password: impl Into<String>) -> Self {
        self.credentials = Some(Credentials::new(user, password));
        self
    }

    pub(super) fn with_credentials(mut self, credentials: Option<&Credentials>) -> Self {
        self.credentials = credentials.cloned();
        self
    }

    async fn connect<S>(&self, stream: &mut S, host: &Host, port: u16) -> io::Result<()>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let methods: &[u8] = match self.credentials {
            Some(_) => &[VERSION, 2, NO_AUTHENTICATION, USER_AND_PASSWORD],
            None => &[VERSION, 1, NO_AUTHENTICATION],
        };
        stream.write_all(methods).await?;
        stream.flush().await?;
        let mut chosen = [0; 2];
        stream.read_exact(&mut chosen).await?;
        match (chosen, &self.credentials) {
            ([VERSION, NO_AUTHENTICATION], _) => {}
            ([VERSION, USER_AND_PASSWORD], Some(credentials)) => {
                authenticate(stream, credentials).await?;
            }
            ([VERSION, NONE_ACCEPTABLE], _) => {
                return Err(denied("the proxy requires other credentials"));
            }
            _ => return Err(invalid("the proxy does not speak SOCKS 5")),
        }
        stream.write_all(&request(host, port)?).await?;
        stream.flush().await?;
        read_reply(stream).await
    }
}

#[async_trait]
impl<D: Dialer> Dialer for Socks5<D> {
    type Stream = D::Stream;

    /// # Errors
    ///
    /// Returns an error of the kind that the proxy's reply corresponds to, such as
    /// [`ConnectionRefused`](io::ErrorKind::ConnectionRefused), or
    /// [`PermissionDenied`](io::ErrorKind::PermissionDenied) if the proxy refuses
    /// to connect.
    async fn dial_to(&self, address: Address) -> Result<D::Stream> {
        let (host, port) = destination(&address)?;
        let mut stream = self.dialer.dial("tcp", &self.proxy).await?;
        let connected = self.connect(&mut stream, host, port).await;
        connected.map_err(|error| {
            let message = format!("SOCKS proxy {}: {error}", self.proxy);
            dial_error(&address, io::Error::new(error.kind(), message))
        })?;
        Ok(stream)
    }
}

async fn authenticate<S>(stream: &mut S, credentials: &Credentials) -> io::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut message = vec![PASSWORD_VERSION];
    for text in [&credentials.user, &credentials.password] {
        message.push(length(text)?);
        message.extend_from_slice(text.as_bytes());
    }
    stream.write_all(&message).await?;
    stream.flush().await?;
    let mut answer = [0; 2];
    stream.read_exact(&mut answer).await?;
    match answer {
        [_, 0] => Ok(()),
        _ => Err(denied("wrong user or password")),
    }
}

fn request(host: &Host, port: u16) -> io::Result<Vec<u8>> {
    let mut message = vec![VERSION, CONNECT, 0];
    match host {
        Host::Ip {
            ip: IpAddr::V4(ip), ..
        } => {
            message.push(IPV4);
            message.extend_from_slice(&ip.octets());
        }
        Host::Ip {
            ip: IpAddr::V6(ip), ..
        } => {
            message.push(IPV6);
            message.extend_from_slice(&ip.octets());
        }
        name => {
            let name = name.to_string();
            message.extend_from_slice(&[NAME, length(&name)?]);
            message.extend_from_slice(name.as_bytes());
        }
    }
    message.extend_from_slice(&port.to_be_bytes());
    Ok(message)
}

/// Reads the reply, and no byte of what follows.
async fn read_reply(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<()> {
    let mut head = [0; 4];
    stream.read_exact(&mut head).await?;
    let [VERSION, reply, _, kind] = head else {
        return Err(invalid("the proxy does not speak SOCKS 5"));
    };
    if reply != 0 {
        return Err(failure(reply));
    }
    let length = match kind {
        IPV4 => 4,
        IPV6 => 16,
        NAME => usize::from(stream.read_u8().await?),
        _ => return Err(invalid("unknown address type in the reply")),
    };
    let mut address_and_port = vec![0; length + 2];
    stream.read_exact(&mut address_and_port).await?;
    Ok(())
}

/// Converts the reply field (RFC 1928 §6) into an error.
fn failure(reply: u8) -> io::Error {
    let (kind, message) = match reply {
        1 => (io::ErrorKind::Other, "general failure"),
        2 => (io::ErrorKind::PermissionDenied, "not allowed by ruleset"),
        3 => (io::ErrorKind::NetworkUnreachable, "network unreachable"),
        4 => (io::ErrorKind::HostUnreachable, "host unreachable"),
        5 => (io::ErrorKind::ConnectionRefused, "connection refused"),
        6 => (io::ErrorKind::TimedOut, "time to live expired"),
        7 => (io::ErrorKind::Unsupported, "command not supported"),
        8 => (io::ErrorKind::Unsupported, "address type not supported"),
        _ => return invalid("unknown reply"),
    };
    io::Error::new(kind, message)
}

fn length(text: &str) -> io::Result<u8> {
    u8::try_from(text.len()).map_err(|_| {
        let message = "names, users and passwords are at most 255 bytes long";
        io::Error::new(io::ErrorKind::InvalidInput, message)
    })
}

fn denied(message: &str) -> io::Error {
    io::Error::new(io::ErrorKind::PermissionDenied, message)
}

fn invalid(message: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, message)
}

/// Omits the credentials.
impl<D: fmt::Debug> fmt::Debug for Socks5<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Socks5")
            .field("dialer", &self.dialer)
            .field("proxy", &self.proxy)
            .finish_non_exhaustive()
    }
}
