//! The route of a connection: direct, or through a proxy.

use std::fmt;

use http::{HeaderValue, Uri};
use net_traits::{Address, Dialer, Error, HostPort, Operation, Result, async_trait};

use super::{HttpProxy, Socks5};
use crate::credentials::Credentials;
use crate::origin::{Origin, user_info};

/// The schemes of proxies, with their default ports.
const SCHEMES: [(&str, u16); 3] = [("http", 80), ("socks5", 1080), ("socks5h", 1080)];

/// A proxy that a URL names.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Proxy {
    kind: Kind,
    address: HostPort,
    credentials: Option<Credentials>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Http,
    Socks5,
}

impl Proxy {
    /// Parses a URL, which is `http://` if it has no scheme.
    pub(crate) fn parse(url: &str) -> std::result::Result<Self, String> {
        let url = if url.contains("://") {
            url.to_owned()
        } else {
            format!("http://{url}")
        };
        let url: Uri = url
            .parse()
            .map_err(|error| format!("invalid URL: {error}"))?;
        let origin = Origin::of(&url, &SCHEMES).map_err(|error| error.to_string())?;
        let credentials = match url.authority().and_then(user_info) {
            None => None,
            Some(user_info) => {
                Some(Credentials::decode(user_info).ok_or("the user and password are not UTF-8")?)
            }
        };
        Ok(Proxy {
            kind: match origin.scheme() {
                "http" => Kind::Http,
                _ => Kind::Socks5,
            },
            address: origin.address().clone(),
            credentials,
        })
    }
}

/// Omits the credentials.
impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}({})", self.kind, self.address)
    }
}

/// The route of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Route {
    Direct,
    Through(Proxy),
    /// The URL of the proxy is invalid, for this reason.
    Invalid(String),
}

impl Route {
    /// Returns whether it leads through an HTTP proxy.
    pub(crate) fn is_http(&self) -> bool {
        matches!(self, Route::Through(proxy) if proxy.kind == Kind::Http)
    }

    /// Returns the credentials for an HTTP proxy.
    pub(crate) fn credentials(&self) -> Option<HeaderValue> {
        match self {
            Route::Through(Proxy {
                kind: Kind::Http,
                credentials: Some(credentials),
                ..
            }) => Some(credentials.basic()),
            _ => None,
        }
    }

    /// Returns the route as a dialer. Without a `tunnel`, it connects to an HTTP
    /// proxy itself, whatever address is dialed.
    pub(crate) fn over<'a, D>(&'a self, dialer: &'a D, tunnel: bool) -> RouteDialer<'a, D> {
        match self {
            Route::Direct => RouteDialer::Direct(dialer),
            Route::Invalid(problem) => RouteDialer::Invalid(problem),
            Route::Through(proxy) => match proxy.kind {
                Kind::Http if tunnel => RouteDialer::Http(
                    HttpProxy::new(dialer, proxy.address.to_string())
                        .with_credentials(proxy.credentials.as_ref()),
                ),
                Kind::Http => RouteDialer::Fixed(dialer, &proxy.address),
                Kind::Socks5 => RouteDialer::Socks5(
                    Socks5::new(dialer, proxy.address.to_string())
                        .with_credentials(proxy.credentials.as_ref()),
                ),
            },
        }
    }
}

#[derive(Debug)]
pub(crate) enum RouteDialer<'a, D> {
    Direct(&'a D),
    Fixed(&'a D, &'a HostPort),
    Http(HttpProxy<&'a D>),
    Socks5(Socks5<&'a D>),
    Invalid(&'a str),
}

#[async_trait]
impl<D: Dialer> Dialer for RouteDialer<'_, D> {
    type Stream = D::Stream;

    async fn dial_to(&self, address: Address) -> Result<D::Stream> {
        match self {
            RouteDialer::Direct(dialer) => dialer.dial_to(address).await,
            RouteDialer::Fixed(dialer, proxy) => {
                dialer.dial_to(Address::tcp((*proxy).clone())).await
            }
            RouteDialer::Http(dialer) => dialer.dial_to(address).await,
            RouteDialer::Socks5(dialer) => dialer.dial_to(address).await,
            RouteDialer::Invalid(problem) => {
                let error = Error::invalid(Operation::Dial, *problem);
                Err(error.with_target(&address))
            }
        }
    }
}
