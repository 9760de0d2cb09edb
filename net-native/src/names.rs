//! The addresses of sockets.

use net_traits::{Endpoint, Error, Operation, Result};
use socket2::{SockAddr, SockRef};

use crate::sys;

pub(crate) fn local(socket: &SockRef<'_>) -> Result<Endpoint> {
    socket
        .local_addr()
        .map(|name| endpoint(&name))
        .map_err(|error| Error::new(Operation::Address, error))
}

pub(crate) fn peer(socket: &SockRef<'_>) -> Result<Endpoint> {
    socket
        .peer_addr()
        .map(|name| endpoint(&name))
        .map_err(|error| Error::new(Operation::Address, error))
}

pub(crate) fn endpoint(name: &SockAddr) -> Endpoint {
    match name.as_socket() {
        Some(address) => address.into(),
        None => sys::endpoint(name),
    }
}
