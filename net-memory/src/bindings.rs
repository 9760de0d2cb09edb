//! Which sockets are bound to which addresses.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};

use net_traits::{Endpoint, EndpointKind, UnixAddress};

/// The sockets of one kind that are bound, by host and address.
#[derive(Debug, Default)]
pub(crate) struct Bindings {
    ip: HashMap<(usize, u16), Vec<Bound>>,
    unix: HashMap<(usize, UnixAddress), usize>,
}

#[derive(Debug, Clone, Copy)]
struct Bound {
    address: IpAddr,
    v6only: bool,
    socket: usize,
}

impl Bound {
    fn takes(&self, address: IpAddr) -> bool {
        match self.address {
            own if own == address => true,
            IpAddr::V4(own) => own.is_unspecified() && address.is_ipv4(),
            IpAddr::V6(own) => own.is_unspecified() && (address.is_ipv6() || !self.v6only),
        }
    }
}

impl Bindings {
    /// Whether an address is free to be bound.
    pub(crate) fn is_free(&self, host: usize, endpoint: &Endpoint, v6only: bool) -> bool {
        match endpoint.kind() {
            EndpointKind::Ip(address) => {
                let new = Bound {
                    address: address.ip(),
                    v6only,
                    socket: 0,
                };
                let bound = self.ip.get(&(host, address.port()));
                bound.is_none_or(|bound| {
                    bound
                        .iter()
                        .all(|old| !old.takes(new.address) && !new.takes(old.address))
                })
            }
            EndpointKind::Unix(address) => !self.unix.contains_key(&(host, address.clone())),
            _ => false,
        }
    }

    pub(crate) fn bind(&mut self, host: usize, endpoint: &Endpoint, v6only: bool, socket: usize) {
        match endpoint.kind() {
            EndpointKind::Ip(address) => {
                let bound = Bound {
                    address: address.ip(),
                    v6only,
                    socket,
                };
                self.ip
                    .entry((host, address.port()))
                    .or_default()
                    .push(bound);
            }
            EndpointKind::Unix(address) => {
                self.unix.insert((host, address.clone()), socket);
            }
            _ => {}
        }
    }

    pub(crate) fn unbind(&mut self, host: usize, endpoint: &Endpoint, socket: usize) {
        match endpoint.kind() {
            EndpointKind::Ip(address) => {
                let key = (host, address.port());
                if let Some(bound) = self.ip.get_mut(&key) {
                    bound.retain(|bound| bound.socket != socket);
                    if bound.is_empty() {
                        self.ip.remove(&key);
                    }
                }
            }
            EndpointKind::Unix(address) => {
                self.unix.remove(&(host, address.clone()));
            }
            _ => {}
        }
    }

    /// The socket that receives what is sent to an address: one that is bound to
    /// this very address before one that is bound to any.
    pub(crate) fn find(&self, host: usize, endpoint: &Endpoint) -> Option<usize> {
        match endpoint.kind() {
            EndpointKind::Ip(address) => self.find_ip(host, address),
            EndpointKind::Unix(address) => self.unix.get(&(host, address.clone())).copied(),
            _ => None,
        }
    }

    fn find_ip(&self, host: usize, address: SocketAddr) -> Option<usize> {
        let bound = self.ip.get(&(host, address.port()))?;
        let taking = || bound.iter().filter(|bound| bound.takes(address.ip()));
        let exact = taking().find(|bound| bound.address == address.ip());
        exact.or_else(|| taking().next()).map(|bound| bound.socket)
    }
}
