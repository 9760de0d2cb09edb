//! What a user asked for, also for the context of errors.

use net_traits::{Endpoint, Error, Family, Network, Operation, OptionName, Result};

use crate::resolve::Purpose;

pub(crate) struct Request<'a> {
    pub(crate) operation: Operation,
    pub(crate) network: &'a str,
    pub(crate) kind: Network,
    pub(crate) address: &'a str,
}

impl<'a> Request<'a> {
    pub(crate) fn for_streams(
        operation: Operation,
        network: &'a str,
        address: &'a str,
    ) -> Result<Self> {
        let request = Request::new(operation, network, address)?;
        if request.kind.is_stream() {
            return Ok(request);
        }
        Err(request.refuse("is a network of datagrams, use listen_packet or dial_packet"))
    }

    pub(crate) fn for_packets(
        operation: Operation,
        network: &'a str,
        address: &'a str,
    ) -> Result<Self> {
        let request = Request::new(operation, network, address)?;
        if !request.kind.is_stream() {
            return Ok(request);
        }
        Err(request.refuse("is a network of streams, use listen or dial"))
    }

    fn new(operation: Operation, network: &'a str, address: &'a str) -> Result<Self> {
        match network.parse() {
            Ok(kind) => Ok(Request {
                operation,
                network,
                kind,
                address,
            }),
            Err(error) => Err(explain(error, operation, network, address)),
        }
    }

    /// Keeps to one family of IP addresses: `tcp` becomes `tcp4` or `tcp6`.
    pub(crate) fn within(mut self, family: Family) -> Result<Self> {
        self.kind = match (self.kind, family) {
            (Network::Tcp | Network::Tcp4, Family::V4) => Network::Tcp4,
            (Network::Tcp | Network::Tcp6, Family::V6) => Network::Tcp6,
            (Network::Udp | Network::Udp4, Family::V4) => Network::Udp4,
            (Network::Udp | Network::Udp6, Family::V6) => Network::Udp6,
            (kind, Family::Any) => kind,
            (kind, _) if kind.is_unix() => kind,
            (_, Family::V4) => return Err(self.refuse("has no addresses of IPv4")),
            (_, Family::V6) => return Err(self.refuse("has no addresses of IPv6")),
        };
        Ok(self)
    }

    pub(crate) fn purpose(&self) -> Purpose {
        match self.operation {
            Operation::Dial => Purpose::Dial,
            _ => Purpose::Listen,
        }
    }

    /// Whether an option has a meaning for the socket; see
    /// [`Net::with_option`](crate::Net::with_option).
    pub(crate) fn is_concerned_by(&self, option: OptionName, on: &Endpoint) -> bool {
        let listens = self.purpose() == Purpose::Listen;
        let network = self.kind;
        match option {
            OptionName::NoDelay | OptionName::KeepAlive => {
                network.is_stream() && !network.is_unix()
            }
            OptionName::Linger => network.is_stream(),
            OptionName::Backlog => network.is_stream() && listens,
            OptionName::Broadcast => !network.is_stream() && !network.is_unix(),
            OptionName::V6Only => on.ip().is_some_and(|ip| ip.is_ipv6()) && listens,
            _ => true,
        }
    }

    /// Whether it is about all addresses of IPv6, and of no other family.
    pub(crate) fn is_for_all_of_v6(&self, on: &Endpoint) -> bool {
        on.ip().is_some_and(|ip| ip.is_unspecified())
            && matches!(self.kind, Network::Tcp6 | Network::Udp6)
    }

    fn refuse(&self, why: &str) -> Error {
        let message = format!("{:?} {why}", self.network);
        self.explain(Error::invalid(self.operation, message))
    }

    pub(crate) fn explain(&self, error: Error) -> Error {
        explain(error, self.operation, self.network, self.address)
    }
}

/// Says in which request an error came up.
fn explain(error: Error, operation: Operation, network: &str, address: &str) -> Error {
    // A failed lookup is the cause, named as such: "dial …: lookup …: …".
    let error = match error.operation() {
        Operation::Lookup => Error::new(operation, error),
        _ => error,
    };
    error
        .with_operation(operation)
        .with_network(network.to_owned())
        .with_address(address)
}
