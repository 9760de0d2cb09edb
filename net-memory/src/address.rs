//! Which local address a socket gets.

use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;

use net_traits::{Endpoint, UnixAddress};

use crate::hosts::Hosts;

/// Returns the address to bind: `wanted`, with a free port if it has none.
pub(crate) fn bindable(
    hosts: &mut Hosts,
    host: usize,
    wanted: &Endpoint,
    is_free: impl Fn(&Endpoint) -> bool,
) -> io::Result<Endpoint> {
    if let Some(address) = wanted.as_ip() {
        if !hosts.has(host, address.ip()) {
            return Err(ErrorKind::AddrNotAvailable.into());
        }
        if address.port() == 0 {
            return with_free_port(hosts, host, address.ip(), is_free);
        }
    }
    if let Some(path) = wanted.as_unix().and_then(UnixAddress::as_path) {
        check_path(path)?;
    }
    if is_free(wanted) {
        Ok(wanted.clone())
    } else {
        Err(ErrorKind::AddrInUse.into())
    }
}

/// Returns the local address of a connection to `remote`.
pub(crate) fn dialable(
    hosts: &mut Hosts,
    host: usize,
    wanted: Option<&Endpoint>,
    remote: &Endpoint,
    is_free: impl Fn(&Endpoint) -> bool,
) -> io::Result<Endpoint> {
    if let Some(address) = remote.as_unix() {
        if let Some(path) = address.as_path() {
            check_path(path)?;
        }
        return Ok(wanted.cloned().unwrap_or(UnixAddress::unnamed().into()));
    }
    let any = Endpoint::from(SocketAddr::new(unspecified(remote), 0));
    let local = source_of(hosts, host, wanted.unwrap_or(&any), remote)?;
    let address = local.as_ip().ok_or(ErrorKind::InvalidInput)?;
    if !hosts.has(host, address.ip()) {
        return Err(ErrorKind::AddrNotAvailable.into());
    }
    if address.port() == 0 {
        return with_free_port(hosts, host, address.ip(), is_free);
    }
    if is_free(&local) {
        Ok(local)
    } else {
        Err(ErrorKind::AddrInUse.into())
    }
}

/// Returns the address from which a socket that is bound to `local` reaches
/// `remote`.
pub(crate) fn source_of(
    hosts: &Hosts,
    host: usize,
    local: &Endpoint,
    remote: &Endpoint,
) -> io::Result<Endpoint> {
    let local = local.as_ip().ok_or(ErrorKind::InvalidInput)?;
    let remote = remote.ip().ok_or(ErrorKind::InvalidInput)?;
    let ip = match local.ip() {
        // An IPv6 socket on all addresses reaches IPv4 too.
        ip if ip.is_unspecified() && (ip.is_ipv6() || remote.is_ipv4()) => {
            let source = hosts.source(host, remote);
            source.ok_or(ErrorKind::NetworkUnreachable)?
        }
        ip if ip.is_ipv4() == remote.is_ipv4() => ip,
        _ => {
            return Err(io::Error::new(
                ErrorKind::InvalidInput,
                format!("a socket on {local} cannot reach {remote}"),
            ));
        }
    };
    Ok(SocketAddr::new(ip, local.port()).into())
}

fn with_free_port(
    hosts: &mut Hosts,
    host: usize,
    ip: IpAddr,
    is_free: impl Fn(&Endpoint) -> bool,
) -> io::Result<Endpoint> {
    let endpoint = |port| Endpoint::from(SocketAddr::new(ip, port));
    let port = hosts.free_port(host, |port| is_free(&endpoint(port)));
    port.map(endpoint).ok_or(ErrorKind::AddrInUse.into())
}

/// Checks what systems accept as the path of a socket (`man 7 unix`).
fn check_path(path: &Path) -> io::Result<()> {
    const LONGEST: usize = 107;
    let bytes = path.as_os_str().as_encoded_bytes();
    let problem = match bytes {
        [] => "it is empty",
        _ if bytes.contains(&0) => "it contains a NUL",
        _ if bytes.len() > LONGEST => "it is longer than 107 bytes",
        _ => return Ok(()),
    };
    Err(io::Error::new(
        ErrorKind::InvalidInput,
        format!("invalid path: {problem}"),
    ))
}

fn unspecified(like: &Endpoint) -> IpAddr {
    match like.ip() {
        Some(IpAddr::V6(_)) => Ipv6Addr::UNSPECIFIED.into(),
        _ => Ipv4Addr::UNSPECIFIED.into(),
    }
}
