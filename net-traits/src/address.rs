use std::fmt;

use crate::{
    Endpoint, EndpointKind, Error, Host, HostPort, NetworkKind, Operation, Port, Result,
    UnixAddress,
};

/// A network and an address on it, as a person types them: where to dial to, or
/// where to listen.
///
/// Text is parsed once, where it enters a program; from there on, dialers,
/// proxies and policies receive this type. It prints as `network address`, and
/// [`Address::parse`] of the two gives the same value again.
///
/// ```
/// use net_traits::{Address, Host, HostPort, NetworkKind, UnixAddress};
///
/// let address = Address::parse("tcp", "db.internal:5432")?;
/// assert_eq!(address.network(), NetworkKind::Tcp);
/// assert_eq!(address.host_port().unwrap().host.to_string(), "db.internal");
/// assert_eq!(address.to_string(), "tcp db.internal:5432");
///
/// // Without text:
/// let host: Host = "db.internal".parse()?;
/// assert_eq!(Address::tcp(HostPort::new(host, 5432)), address);
/// let socket = Address::unix(UnixAddress::path("/run/app.sock"))?;
/// assert_eq!(socket.to_string(), "unix /run/app.sock");
/// # Ok::<(), net_traits::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Address {
    network: NetworkKind,
    target: Target,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Target {
    HostPort(HostPort),
    Unix(UnixAddress),
}

const NOT_OF_NETWORK: &str = "not an address of this network";

impl Address {
    /// Parses the name of a network and an address on it, in Go's vocabulary:
    /// `tcp`, `tcp4`, `tcp6`, `udp`, `udp4`, `udp6` with `host:port`; `unix`,
    /// `unixgram` with a path or `@name`.
    ///
    /// # Errors
    ///
    /// Returns an error of kind [`InvalidInput`](std::io::ErrorKind::InvalidInput)
    /// that names both and says what was expected.
    pub fn parse(network: &str, address: &str) -> Result<Self> {
        let parsed = network.parse().and_then(|network: NetworkKind| {
            let target = if network.is_unix() {
                Target::Unix(address.parse()?)
            } else {
                Target::HostPort(address.parse()?)
            };
            Ok(Address { network, target })
        });
        parsed.map_err(|error| error.with_network(network.to_owned()).with_address(address))
    }

    /// Creates a `tcp` address.
    pub fn tcp(address: impl Into<HostPort>) -> Self {
        Address {
            network: NetworkKind::Tcp,
            target: Target::HostPort(address.into()),
        }
    }

    /// Creates a `udp` address.
    pub fn udp(address: impl Into<HostPort>) -> Self {
        Address {
            network: NetworkKind::Udp,
            target: Target::HostPort(address.into()),
        }
    }

    /// Creates a `unix` address.
    ///
    /// # Errors
    ///
    /// Returns an error of kind [`InvalidInput`](std::io::ErrorKind::InvalidInput)
    /// if the address has no name.
    pub fn unix(address: UnixAddress) -> Result<Self> {
        Address::new(NetworkKind::Unix, address.into())
    }

    /// Creates an address from a resolved one.
    ///
    /// # Errors
    ///
    /// Returns an error of kind [`InvalidInput`](std::io::ErrorKind::InvalidInput)
    /// if the network has no such addresses, or if a Unix address has no name.
    pub fn new(network: NetworkKind, endpoint: Endpoint) -> Result<Self> {
        let target = match endpoint.kind() {
            EndpointKind::Ip(address) if !network.is_unix() => Ok(Target::HostPort(address.into())),
            EndpointKind::Unix(address) if network.is_unix() => {
                if address.is_unnamed() || address.as_abstract_name() == Some(b"") {
                    Err("the address has no name")
                } else {
                    Ok(Target::Unix(address.clone()))
                }
            }
            _ => Err(NOT_OF_NETWORK),
        };
        match target {
            Ok(target) => Ok(Address { network, target }),
            Err(problem) => Err(Error::invalid(Operation::Parse, problem)
                .with_network(network.name())
                .with_endpoint(endpoint)),
        }
    }

    /// Returns the same address on another network of the same kind of address,
    /// such as `tcp4` instead of `tcp`.
    ///
    /// # Errors
    ///
    /// Returns an error of kind [`InvalidInput`](std::io::ErrorKind::InvalidInput)
    /// if the network has paths for addresses and this is a host and port, or
    /// the reverse.
    pub fn on(self, network: NetworkKind) -> Result<Self> {
        if network.is_unix() == self.network.is_unix() {
            return Ok(Address { network, ..self });
        }
        Err(Error::invalid(Operation::Parse, NOT_OF_NETWORK)
            .with_network(network.name())
            .with_address(self.text()))
    }

    /// Returns the network.
    #[must_use]
    pub fn network(&self) -> NetworkKind {
        self.network
    }

    /// Returns the host and port, unless this is a Unix address.
    #[must_use]
    pub fn host_port(&self) -> Option<&HostPort> {
        match &self.target {
            Target::HostPort(address) => Some(address),
            Target::Unix(_) => None,
        }
    }

    /// Returns the host, unless this is a Unix address.
    #[must_use]
    pub fn host(&self) -> Option<&Host> {
        self.host_port().map(|address| &address.host)
    }

    /// Returns the port, unless this is a Unix address.
    #[must_use]
    pub fn port(&self) -> Option<&Port> {
        self.host_port().map(|address| &address.port)
    }

    /// Returns the Unix address, unless this is a host and port.
    #[must_use]
    pub fn unix_address(&self) -> Option<&UnixAddress> {
        match &self.target {
            Target::HostPort(_) => None,
            Target::Unix(address) => Some(address),
        }
    }

    /// Returns the address as it is typed, without the network.
    #[must_use]
    pub fn text(&self) -> String {
        match &self.target {
            Target::HostPort(address) => address.to_string(),
            Target::Unix(address) => address.to_string(),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.target {
            Target::HostPort(address) => write!(f, "{} {address}", self.network),
            Target::Unix(address) => write!(f, "{} {address}", self.network),
        }
    }
}
