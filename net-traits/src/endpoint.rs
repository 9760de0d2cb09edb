use std::fmt;
use std::net::{IpAddr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::str::FromStr;

use crate::{Error, Operation, UnixAddress};

/// A resolved address: what a socket is bound or connected to.
///
/// An IPv4 address that is mapped into IPv6 (`::ffff:10.0.0.7`), as a dual-stack
/// socket reports an IPv4 peer, becomes the IPv4 address that it stands for, as
/// in Go; so addresses may be compared, logged and looked up in a list.
///
/// It prints as it is typed: `127.0.0.1:80`, `[fe80::1%2]:80`, a path, or
/// `@name` for an abstract Unix address. The flow label of an IPv6 address is not
/// printed.
///
/// ```
/// use std::net::SocketAddr;
/// use net_traits::Endpoint;
///
/// let mapped: SocketAddr = "[::ffff:10.0.0.7]:80".parse().unwrap();
/// let endpoint = Endpoint::from(mapped);
/// assert_eq!(endpoint.to_string(), "10.0.0.7:80");
/// assert_eq!("10.0.0.7:80".parse::<Endpoint>()?, endpoint);
/// # Ok::<(), net_traits::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Endpoint(Repr);

#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Repr {
    Ip(SocketAddr),
    Unix(UnixAddress),
}

/// What an [`Endpoint`] is, to match on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EndpointKind<'a> {
    /// An IP address and a port.
    Ip(SocketAddr),
    /// An address of the Unix domain.
    Unix(&'a UnixAddress),
}

impl Endpoint {
    /// Returns what it is, to match on.
    #[must_use]
    pub fn kind(&self) -> EndpointKind<'_> {
        match &self.0 {
            Repr::Ip(address) => EndpointKind::Ip(*address),
            Repr::Unix(address) => EndpointKind::Unix(address),
        }
    }

    /// Returns the IP address and port, unless this is a Unix address.
    #[must_use]
    pub fn as_ip(&self) -> Option<SocketAddr> {
        match &self.0 {
            Repr::Ip(address) => Some(*address),
            Repr::Unix(_) => None,
        }
    }

    /// Returns the Unix address, unless this is an IP address.
    #[must_use]
    pub fn as_unix(&self) -> Option<&UnixAddress> {
        match &self.0 {
            Repr::Ip(_) => None,
            Repr::Unix(address) => Some(address),
        }
    }

    /// Returns the IP address, unless this is a Unix address.
    #[must_use]
    pub fn ip(&self) -> Option<IpAddr> {
        self.as_ip().map(|address| address.ip())
    }

    /// Returns the port, unless this is a Unix address.
    #[must_use]
    pub fn port(&self) -> Option<u16> {
        self.as_ip().map(|address| address.port())
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Repr::Ip(address) => address.fmt(f),
            Repr::Unix(address) => address.fmt(f),
        }
    }
}

impl FromStr for Endpoint {
    type Err = Error;

    /// Parses an IP address with a port, `@name`, or a path with a slash in it:
    /// `./app.sock`, since `app.sock` might be meant as the name of a host.
    ///
    /// # Errors
    ///
    /// Returns an error of kind [`InvalidInput`](std::io::ErrorKind::InvalidInput)
    /// for any other text. Names are not looked up.
    fn from_str(text: &str) -> Result<Self, Error> {
        if let Ok(address) = text.parse::<SocketAddr>() {
            return Ok(address.into());
        }
        if text.starts_with('@') || text.bytes().any(|byte| byte == b'/') {
            return Ok(Endpoint(Repr::Unix(text.parse()?)));
        }
        let expected = "invalid endpoint, expected ip:port, [ipv6]:port, @name or a path with a /";
        Err(Error::invalid(Operation::Parse, expected).with_address(text))
    }
}

impl From<SocketAddr> for Endpoint {
    fn from(address: SocketAddr) -> Self {
        let canonical = match address {
            SocketAddr::V6(v6) => match v6.ip().to_ipv4_mapped() {
                Some(v4) => SocketAddrV4::new(v4, v6.port()).into(),
                None => address,
            },
            SocketAddr::V4(_) => address,
        };
        Endpoint(Repr::Ip(canonical))
    }
}

impl From<SocketAddrV4> for Endpoint {
    fn from(address: SocketAddrV4) -> Self {
        SocketAddr::V4(address).into()
    }
}

impl From<SocketAddrV6> for Endpoint {
    fn from(address: SocketAddrV6) -> Self {
        SocketAddr::V6(address).into()
    }
}

impl From<UnixAddress> for Endpoint {
    fn from(address: UnixAddress) -> Self {
        Endpoint(Repr::Unix(address))
    }
}
