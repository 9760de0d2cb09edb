//! The way of one connection: direct, or by a proxy.

use std::fmt;
use std::io;

use http::{HeaderValue, Uri};
use net_traits::{Dialer, Error, Operation, Result, async_trait};

use super::{HttpProxy, Socks5, basic_of, split_user};

/// A proxy as a URL names it.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Proxy {
    kind: Kind,
    address: String,
    user: Option<(String, String)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Http,
    Socks5,
}

impl Proxy {
    /// Reads `http://`, `socks5://` or `socks5h://`, a user and a password,
    /// `host:port`. Without a scheme it is `http://`.
    pub(crate) fn parse(url: &str) -> std::result::Result<Self, String> {
        let url = if url.contains("://") {
            url.to_owned()
        } else {
            format!("http://{url}")
        };
        let url: Uri = url.parse().map_err(|error| format!("no URL: {error}"))?;
        let (kind, own_port) = match url.scheme_str() {
            Some("http") => (Kind::Http, 80),
            Some("socks5" | "socks5h") => (Kind::Socks5, 1080),
            _ => return Err("a proxy's URL begins with http:// or socks5://".to_owned()),
        };
        let authority = url.authority().ok_or("the URL names no host")?;
        let place = authority.as_str().rsplit_once('@');
        let user = match place {
            None => None,
            Some((user, _)) => Some(split_user(user).ok_or("user and password are not text")?),
        };
        let host = authority.host();
        let port = authority.port_u16().unwrap_or(own_port);
        Ok(Proxy {
            kind,
            address: format!("{host}:{port}"),
            user,
        })
    }
}

/// Without the password.
impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}({})", self.kind, self.address)
    }
}

/// The way of one connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Route {
    Direct,
    By(Proxy),
    /// The proxy that is to be used is not named well.
    Unknown(String),
}

impl Route {
    /// Whether an HTTP proxy is on it.
    pub(crate) fn is_http(&self) -> bool {
        matches!(self, Route::By(proxy) if proxy.kind == Kind::Http)
    }

    /// Who an HTTP proxy is told that asks.
    pub(crate) fn credentials(&self) -> Option<HeaderValue> {
        match self {
            Route::By(Proxy {
                kind: Kind::Http,
                user: Some((user, password)),
                ..
            }) => Some(basic_of(user, password)),
            _ => None,
        }
    }

    /// The way as a dialer. An HTTP proxy itself is dialed where no `tunnel`
    /// through it is wanted.
    pub(crate) fn over<'a, D>(&'a self, dialer: &'a D, tunnel: bool) -> Way<'a, D> {
        match self {
            Route::Direct => Way::Direct(dialer),
            Route::Unknown(problem) => Way::Unknown(problem),
            Route::By(proxy) => match proxy.kind {
                Kind::Http if tunnel => Way::Http(
                    HttpProxy::new(dialer, &proxy.address).with_credentials(self.credentials()),
                ),
                Kind::Http => Way::Fixed(dialer, &proxy.address),
                Kind::Socks5 => Way::Socks5(
                    Socks5::new(dialer, &proxy.address).with_credentials(proxy.user.clone()),
                ),
            },
        }
    }
}

#[derive(Debug)]
pub(crate) enum Way<'a, D> {
    Direct(&'a D),
    Fixed(&'a D, &'a str),
    Http(HttpProxy<&'a D>),
    Socks5(Socks5<&'a D>),
    Unknown(&'a str),
}

#[async_trait]
impl<D: Dialer> Dialer for Way<'_, D> {
    type Stream = D::Stream;

    async fn dial(&self, network: &str, address: &str) -> Result<D::Stream> {
        match self {
            Way::Direct(dialer) => dialer.dial(network, address).await,
            Way::Fixed(dialer, proxy) => dialer.dial(network, proxy).await,
            Way::Http(dialer) => dialer.dial(network, address).await,
            Way::Socks5(dialer) => dialer.dial(network, address).await,
            Way::Unknown(problem) => {
                let error = io::Error::new(io::ErrorKind::InvalidInput, (*problem).to_owned());
                Err(Error::new(Operation::Dial, error).with_address(address))
            }
        }
    }
}
