//! Addresses of sockets.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

/// The address of a socket.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Address {
    /// Of TCP or UDP.
    Ip(SocketAddr),
    /// Of a Unix socket.
    Unix(UnixAddress),
}

/// The address of a Unix socket; see unix(7).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum UnixAddress {
    /// Of a socket that was not bound.
    Unnamed,
    /// A path in the file system.
    Path(PathBuf),
    /// A name outside the file system, without the NUL in front.
    Abstract(Vec<u8>),
}

impl From<SocketAddr> for Address {
    fn from(address: SocketAddr) -> Self {
        Address::Ip(address)
    }
}

impl From<UnixAddress> for Address {
    fn from(address: UnixAddress) -> Self {
        Address::Unix(address)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Address::Ip(address) => address.fmt(f),
            Address::Unix(address) => address.fmt(f),
        }
    }
}

/// A path as it is, an abstract name as `@name`, nothing as `(unnamed)`.
impl fmt::Display for UnixAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            UnixAddress::Unnamed => f.write_str("(unnamed)"),
            UnixAddress::Path(path) => path.display().fmt(f),
            UnixAddress::Abstract(name) => write!(f, "@{}", name.escape_ascii()),
        }
    }
}
