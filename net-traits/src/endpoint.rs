use std::fmt;
use std::net::{IpAddr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::path::{Path, PathBuf};

use crate::error::escape_controls;

/// A resolved address: what a socket is bound or connected to.
///
/// It prints as it would be typed: `127.0.0.1:80`, `[fe80::1%2]:80`, a path,
/// or `@name` for an abstract Unix address.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Endpoint {
    /// An IP address and a port.
    Ip(SocketAddr),
    /// An address of the Unix domain.
    Unix(UnixAddress),
}

impl Endpoint {
    /// The IP address and port, unless this is a Unix address.
    #[must_use]
    pub fn as_ip(&self) -> Option<SocketAddr> {
        match self {
            Endpoint::Ip(address) => Some(*address),
            Endpoint::Unix(_) => None,
        }
    }

    /// The Unix address, unless this is an IP address.
    #[must_use]
    pub fn as_unix(&self) -> Option<&UnixAddress> {
        match self {
            Endpoint::Ip(_) => None,
            Endpoint::Unix(address) => Some(address),
        }
    }

    /// The IP address, unless this is a Unix address.
    #[must_use]
    pub fn ip(&self) -> Option<IpAddr> {
        self.as_ip().map(|address| address.ip())
    }

    /// The port, unless this is a Unix address.
    #[must_use]
    pub fn port(&self) -> Option<u16> {
        self.as_ip().map(|address| address.port())
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Endpoint::Ip(address) => address.fmt(f),
            Endpoint::Unix(address) => address.fmt(f),
        }
    }
}

/// A v4-mapped IPv6 address, which a dual-stack socket reports for an IPv4
/// peer, becomes the IPv4 address that it stands for, as in Go.
impl From<SocketAddr> for Endpoint {
    fn from(address: SocketAddr) -> Self {
        let canonical = match address {
            SocketAddr::V6(v6) => match v6.ip().to_ipv4_mapped() {
                Some(v4) => SocketAddr::V4(SocketAddrV4::new(v4, v6.port())),
                None => address,
            },
            SocketAddr::V4(_) => address,
        };
        Endpoint::Ip(canonical)
    }
}

impl From<SocketAddrV4> for Endpoint {
    fn from(address: SocketAddrV4) -> Self {
        Endpoint::Ip(SocketAddr::V4(address))
    }
}

impl From<SocketAddrV6> for Endpoint {
    fn from(address: SocketAddrV6) -> Self {
        SocketAddr::V6(address).into()
    }
}

impl From<UnixAddress> for Endpoint {
    fn from(address: UnixAddress) -> Self {
        Endpoint::Unix(address)
    }
}

/// An address of the Unix domain (`man 7 unix`).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum UnixAddress {
    /// A socket that was never bound.
    Unnamed,
    /// A path in the file system.
    Path(PathBuf),
    /// A name in Linux's abstract namespace, without its leading zero byte.
    Abstract(Vec<u8>),
}

impl UnixAddress {
    /// Reads an address as it is typed: a path, or `@name` for the abstract
    /// namespace; the empty text is [`UnixAddress::Unnamed`].
    ///
    /// ```
    /// use net_traits::UnixAddress;
    ///
    /// assert_eq!(UnixAddress::new("@bus"), UnixAddress::Abstract(b"bus".to_vec()));
    /// assert_eq!(UnixAddress::new("/run/app.sock").to_string(), "/run/app.sock");
    /// ```
    #[must_use]
    pub fn new(text: &str) -> Self {
        match text.strip_prefix('@') {
            Some(name) => UnixAddress::Abstract(name.as_bytes().to_vec()),
            None if text.is_empty() => UnixAddress::Unnamed,
            None => UnixAddress::Path(PathBuf::from(text)),
        }
    }

    /// The path, if it has one.
    #[must_use]
    pub fn as_path(&self) -> Option<&Path> {
        match self {
            UnixAddress::Path(path) => Some(path),
            UnixAddress::Unnamed | UnixAddress::Abstract(_) => None,
        }
    }
}

impl fmt::Display for UnixAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            UnixAddress::Unnamed => f.write_str("(unnamed)"),
            UnixAddress::Path(path) => escape_controls(&path.to_string_lossy(), f),
            UnixAddress::Abstract(name) => {
                f.write_str("@")?;
                escape_controls(&String::from_utf8_lossy(name), f)
            }
        }
    }
}
