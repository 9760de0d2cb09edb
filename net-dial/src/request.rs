//! What a user asked for, also for the context of errors.

use net_traits::{Address, Endpoint, Error, Family, NetworkKind, Operation, OptionName, Result};

use crate::resolve::Purpose;

pub(crate) struct Request {
    pub(crate) operation: Operation,
    pub(crate) address: Address,
    /// The address's network, within the family that was asked for.
    pub(crate) network: NetworkKind,
}

impl Request {
    pub(crate) fn for_streams(
        operation: Operation,
        address: Address,
        family: Family,
    ) -> Result<Self> {
        let request = Request::new(operation, address);
        if request.network.is_stream() {
            return request.within(family);
        }
        Err(request.refuse("is a network of datagrams, use listen_packet or dial_packet"))
    }

    pub(crate) fn for_packets(
        operation: Operation,
        address: Address,
        family: Family,
    ) -> Result<Self> {
        let request = Request::new(operation, address);
        if !request.network.is_stream() {
            return request.within(family);
        }
        Err(request.refuse("is a network of streams, use listen or dial"))
    }

    fn new(operation: Operation, address: Address) -> Self {
        Request {
            operation,
            network: address.network(),
            address,
        }
    }

    /// Keeps to one family of IP addresses: `tcp` becomes `tcp4` or `tcp6`.
    fn within(mut self, family: Family) -> Result<Self> {
        self.network = match (self.network, family) {
            (NetworkKind::Tcp | NetworkKind::Tcp4, Family::V4) => NetworkKind::Tcp4,
            (NetworkKind::Tcp | NetworkKind::Tcp6, Family::V6) => NetworkKind::Tcp6,
            (NetworkKind::Udp | NetworkKind::Udp4, Family::V4) => NetworkKind::Udp4,
            (NetworkKind::Udp | NetworkKind::Udp6, Family::V6) => NetworkKind::Udp6,
            (network, Family::Any) => network,
            (network, _) if network.is_unix() => network,
            (_, Family::V4) => return Err(self.refuse("has no IPv4 addresses")),
            (_, Family::V6) => return Err(self.refuse("has no IPv6 addresses")),
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
        let network = self.network;
        match option {
            OptionName::NoDelay | OptionName::KeepAlive | OptionName::UserTimeout => {
                network.is_stream() && !network.is_unix()
            }
            OptionName::Linger => network.is_stream(),
            OptionName::Backlog => network.is_stream() && listens,
            OptionName::Broadcast
            | OptionName::JoinMulticast
            | OptionName::LeaveMulticast
            | OptionName::MulticastLoop
            | OptionName::MulticastTtl => !network.is_stream() && !network.is_unix(),
            OptionName::BindDevice | OptionName::ReusePort | OptionName::Tos | OptionName::Ttl => {
                !network.is_unix()
            }
            OptionName::V6Only => on.ip().is_some_and(|ip| ip.is_ipv6()) && listens,
            _ => true,
        }
    }

    /// Whether it is about all addresses of IPv6, and of no other family.
    pub(crate) fn is_for_all_of_v6(&self, on: &Endpoint) -> bool {
        on.ip().is_some_and(|ip| ip.is_unspecified())
            && matches!(self.network, NetworkKind::Tcp6 | NetworkKind::Udp6)
    }

    fn refuse(&self, why: &str) -> Error {
        let message = format!("{:?} {why}", self.address.network().name());
        self.explain(Error::invalid(self.operation, message))
    }

    /// Adds to an error in which request it occurred.
    pub(crate) fn explain(&self, error: Error) -> Error {
        // A failed lookup is the cause, named as such: "dial …: lookup …: …".
        let error = match error.operation() {
            Operation::Lookup => Error::new(self.operation, error),
            _ => error,
        };
        error
            .with_operation(self.operation)
            .with_target(&self.address)
    }
}
