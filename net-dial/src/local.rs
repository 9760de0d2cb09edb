//! From which local address a socket is connected.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use net_traits::{Endpoint, Error, Network, Operation, Result};

use crate::resolve::fits;

/// Whether a network has the local address at all.
///
/// # Errors
///
/// That it has not.
pub(crate) fn check(local: Option<&Endpoint>, network: Network) -> Result<()> {
    let fault = match local {
        None => return Ok(()),
        Some(Endpoint::Ip(_)) if network.is_unix() => true,
        // `0.0.0.0` says nothing but a port, as in Go.
        Some(Endpoint::Ip(address)) if address.ip() == Ipv4Addr::UNSPECIFIED => false,
        Some(endpoint @ Endpoint::Ip(_)) => !fits(network, endpoint),
        Some(_) => !network.is_unix(),
    };
    match local {
        Some(local) if fault => Err(Error::invalid(
            Operation::Dial,
            format!("the local address {local} is not one of {network}"),
        )),
        _ => Ok(()),
    }
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
