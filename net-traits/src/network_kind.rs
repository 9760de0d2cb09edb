use std::fmt;
use std::str::FromStr;

use crate::{Error, Operation};

/// A kind of network, named as in Go's `net` package.
///
/// ```
/// use net_traits::NetworkKind;
///
/// let network: NetworkKind = "tcp6".parse()?;
/// assert_eq!(network, NetworkKind::Tcp6);
/// assert_eq!(network.to_string(), "tcp6");
/// # Ok::<(), net_traits::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum NetworkKind {
    /// `tcp`: TCP over IPv4 or IPv6.
    Tcp,
    /// `tcp4`: TCP over IPv4 only.
    Tcp4,
    /// `tcp6`: TCP over IPv6 only.
    Tcp6,
    /// `udp`: UDP over IPv4 or IPv6.
    Udp,
    /// `udp4`: UDP over IPv4 only.
    Udp4,
    /// `udp6`: UDP over IPv6 only.
    Udp6,
    /// `unix`: stream sockets of the Unix domain.
    Unix,
    /// `unixgram`: datagram sockets of the Unix domain.
    Unixgram,
}

impl NetworkKind {
    /// All networks, in the order in which messages list them.
    pub const ALL: [NetworkKind; 8] = [
        NetworkKind::Tcp,
        NetworkKind::Tcp4,
        NetworkKind::Tcp6,
        NetworkKind::Udp,
        NetworkKind::Udp4,
        NetworkKind::Udp6,
        NetworkKind::Unix,
        NetworkKind::Unixgram,
    ];

    /// Returns the name that [`FromStr`] parses.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            NetworkKind::Tcp => "tcp",
            NetworkKind::Tcp4 => "tcp4",
            NetworkKind::Tcp6 => "tcp6",
            NetworkKind::Udp => "udp",
            NetworkKind::Udp4 => "udp4",
            NetworkKind::Udp6 => "udp6",
            NetworkKind::Unix => "unix",
            NetworkKind::Unixgram => "unixgram",
        }
    }

    /// Returns whether connections on it are streams of bytes (`tcp…`, `unix`).
    #[must_use]
    pub fn is_stream(self) -> bool {
        matches!(
            self,
            NetworkKind::Tcp | NetworkKind::Tcp4 | NetworkKind::Tcp6 | NetworkKind::Unix
        )
    }

    /// Returns whether its addresses are paths (`unix`, `unixgram`).
    #[must_use]
    pub fn is_unix(self) -> bool {
        matches!(self, NetworkKind::Unix | NetworkKind::Unixgram)
    }

    /// Returns whether an IPv4 address may be used on it.
    #[must_use]
    pub fn allows_ipv4(self) -> bool {
        !self.is_unix() && !matches!(self, NetworkKind::Tcp6 | NetworkKind::Udp6)
    }

    /// Returns whether an IPv6 address may be used on it.
    #[must_use]
    pub fn allows_ipv6(self) -> bool {
        !self.is_unix() && !matches!(self, NetworkKind::Tcp4 | NetworkKind::Udp4)
    }
}

impl fmt::Display for NetworkKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for NetworkKind {
    type Err = Error;

    /// # Errors
    ///
    /// Returns an error of kind [`InvalidInput`](std::io::ErrorKind::InvalidInput)
    /// that lists the names there are for any other name.
    fn from_str(name: &str) -> Result<Self, Error> {
        NetworkKind::ALL
            .into_iter()
            .find(|network| network.name() == name)
            .ok_or_else(|| {
                let known = NetworkKind::ALL.map(NetworkKind::name).join(", ");
                Error::invalid(
                    Operation::Parse,
                    format!("unknown network {name:?}, expected one of {known}"),
                )
            })
    }
}
