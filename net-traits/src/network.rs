use std::fmt;
use std::str::FromStr;

use crate::{Error, Operation};

/// A kind of network, named as in Go's `net` package.
///
/// ```
/// use net_traits::Network;
///
/// let network: Network = "tcp6".parse()?;
/// assert_eq!(network, Network::Tcp6);
/// assert_eq!(network.to_string(), "tcp6");
/// # Ok::<(), net_traits::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Network {
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

impl Network {
    /// All networks, in the order in which messages list them.
    pub const ALL: [Network; 8] = [
        Network::Tcp,
        Network::Tcp4,
        Network::Tcp6,
        Network::Udp,
        Network::Udp4,
        Network::Udp6,
        Network::Unix,
        Network::Unixgram,
    ];

    /// The name that [`FromStr`] reads.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Network::Tcp => "tcp",
            Network::Tcp4 => "tcp4",
            Network::Tcp6 => "tcp6",
            Network::Udp => "udp",
            Network::Udp4 => "udp4",
            Network::Udp6 => "udp6",
            Network::Unix => "unix",
            Network::Unixgram => "unixgram",
        }
    }

    /// Whether connections on it are streams of bytes (`tcp…`, `unix`).
    #[must_use]
    pub fn is_stream(self) -> bool {
        matches!(
            self,
            Network::Tcp | Network::Tcp4 | Network::Tcp6 | Network::Unix
        )
    }

    /// Whether its addresses are paths (`unix`, `unixgram`).
    #[must_use]
    pub fn is_unix(self) -> bool {
        matches!(self, Network::Unix | Network::Unixgram)
    }

    /// Whether an IPv4 address may be used on it.
    #[must_use]
    pub fn allows_ipv4(self) -> bool {
        !self.is_unix() && !matches!(self, Network::Tcp6 | Network::Udp6)
    }

    /// Whether an IPv6 address may be used on it.
    #[must_use]
    pub fn allows_ipv6(self) -> bool {
        !self.is_unix() && !matches!(self, Network::Tcp4 | Network::Udp4)
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Network {
    type Err = Error;

    /// # Errors
    ///
    /// [`InvalidInput`](std::io::ErrorKind::InvalidInput) for any other name;
    /// the message lists the ones there are.
    fn from_str(name: &str) -> Result<Self, Error> {
        Network::ALL
            .into_iter()
            .find(|network| network.name() == name)
            .ok_or_else(|| {
                let known = Network::ALL.map(Network::name).join(", ");
                Error::invalid(
                    Operation::Parse,
                    format!("unknown network {name:?}, expected one of {known}"),
                )
            })
    }
}
