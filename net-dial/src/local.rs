//! From which local address a socket is connected.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use net_traits::{Endpoint, EndpointKind, Error, NetworkKind, Operation, Result};

use crate::resolve::fits;

/// Checks that a network has the local address at all.
pub(crate) fn check(local: Option<&Endpoint>, network: NetworkKind) -> Result<()> {
    let Some(local) = local else {
        return Ok(());
    };
    let is_fit = match local.kind() {
        EndpointKind::Ip(_) if network.is_unix() => false,
        // `0.0.0.0` says nothing but a port, as in Go.
        EndpointKind::Ip(address) if address.ip() == Ipv4Addr::UNSPECIFIED => true,
        EndpointKind::Ip(_) => fits(network, local),
        _ => network.is_unix(),
    };
    if is_fit {
        return Ok(());
    }
    let message = format!("the local address {local} is not an address of {network}");
    Err(Error::invalid(Operation::Dial, message))
}

/// The local address for a connection to `remote`: where all addresses of the
/// machine are given, those of the same family. `Err` if it cannot be used
/// for this remote address.
pub(crate) fn local_for(
    local: Option<&Endpoint>,
    remote: &Endpoint,
) -> Result<Option<Endpoint>, OtherFamily> {
    let (Some(local), Some(remote)) = (local.and_then(Endpoint::as_ip), remote.as_ip()) else {
        return Ok(local.cloned());
    };
    let ip: IpAddr = match (local.ip().is_unspecified(), remote.is_ipv4()) {
        (true, true) => Ipv4Addr::UNSPECIFIED.into(),
        (true, false) => Ipv6Addr::UNSPECIFIED.into(),
        (false, is_v4) if is_v4 == local.is_ipv4() => return Ok(Some(local.into())),
        (false, _) => return Err(OtherFamily),
    };
    Ok(Some(SocketAddr::new(ip, local.port()).into()))
}

/// The local address is of another family than the remote one.
#[derive(Debug)]
pub(crate) struct OtherFamily;

impl From<OtherFamily> for io::Error {
    fn from(_: OtherFamily) -> Self {
        let message = "the local address is of another family";
        io::Error::new(io::ErrorKind::InvalidInput, message)
    }
}
