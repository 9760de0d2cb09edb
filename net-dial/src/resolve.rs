//! From an address to the endpoints that it stands for, or a name.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6};

use net_traits::{Address, Backend, Endpoint, Error, Host, HostPort, NetworkKind, Operation, Port};

use crate::service;

/// What an empty host stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// This machine.
    Dial,
    /// All addresses of this machine.
    Listen,
}

/// What an address stands for.
pub(crate) enum Target {
    /// These, in order; at least one.
    Endpoints(Vec<Endpoint>),
    /// Whatever a lookup of the name finds.
    Name { name: String, port: u16 },
}

pub(crate) fn read<B: Backend>(
    backend: &B,
    purpose: Purpose,
    network: NetworkKind,
    address: &Address,
) -> Result<Target, Error> {
    let HostPort { host, port } = match (address.host_port(), address.unix_address()) {
        (Some(host_port), _) => host_port,
        (None, Some(unix)) => return Ok(Target::Endpoints(vec![unix.clone().into()])),
        (None, None) => return Err(invalid(format!("unknown form of address: {address}"))),
    };
    let port = number(port)?;
    let candidates = match host {
        Host::Any => any(purpose),
        Host::Name(name) if is_localhost(name.as_str()) => loopback(),
        Host::Name(name) => {
            return Ok(Target::Name {
                name: name.to_string(),
                port,
            });
        }
        Host::Ip { ip, zone, .. } => {
            let literal = literal(backend, network, *ip, zone.as_deref(), port)?;
            return Ok(Target::Endpoints(vec![reachable(purpose, literal)]));
        }
        other => return Err(invalid(format!("unknown form of host: {other}"))),
    };
    let endpoints = candidates
        .into_iter()
        .filter_map(|ip| endpoint(purpose, network, ip, port));
    Ok(Target::Endpoints(endpoints.collect()))
}

/// The endpoint at an address, if the network has such.
pub(crate) fn endpoint(
    purpose: Purpose,
    network: NetworkKind,
    ip: IpAddr,
    port: u16,
) -> Option<Endpoint> {
    let endpoint = Endpoint::from(SocketAddr::new(ip, port));
    fits(network, &endpoint).then(|| reachable(purpose, endpoint))
}

/// The error of a name that has addresses, but none that the network has.
pub(crate) fn no_address(network: NetworkKind, name: &str) -> Error {
    let none = io::Error::new(
        io::ErrorKind::AddrNotAvailable,
        format!("no address for {network}"),
    );
    Error::new(Operation::Lookup, none).with_address(name)
}

fn invalid(message: String) -> Error {
    Error::invalid(Operation::Parse, message)
}

pub(crate) fn number(port: &Port) -> Result<u16, Error> {
    match port {
        Port::Number(number) => Ok(*number),
        Port::Service(name) => service::port(name.as_str()).ok_or_else(|| {
            invalid(format!(
                "unknown service {:?}, expected a port number",
                name.as_str()
            ))
        }),
        other => Err(invalid(format!("unknown form of port: {other}"))),
    }
}

fn literal<B: Backend>(
    backend: &B,
    network: NetworkKind,
    ip: IpAddr,
    zone: Option<&str>,
    port: u16,
) -> Result<Endpoint, Error> {
    let endpoint = match (ip, zone) {
        (IpAddr::V6(v6), Some(zone)) => {
            SocketAddrV6::new(v6, port, 0, zone_index(backend, zone)?).into()
        }
        _ => Endpoint::from(SocketAddr::new(ip, port)),
    };
    if fits(network, &endpoint) {
        Ok(endpoint)
    } else {
        Err(invalid(format!("{ip} is not an address of {network}")))
    }
}

/// The index of an interface, from its number or its name.
fn zone_index<B: Backend>(backend: &B, zone: &str) -> Result<u32, Error> {
    if zone.bytes().all(|byte| byte.is_ascii_digit()) {
        return zone
            .parse()
            .map_err(|_| invalid(format!("zone {zone:?} is not an interface's index")));
    }
    backend.zone_index(zone).map_err(|cause| {
        let cause = io::Error::new(cause.kind(), format!("zone {zone:?}: {cause}"));
        Error::new(Operation::Parse, cause)
    })
}

/// Whether a network has the endpoint, whose address is in its plainest form.
pub(crate) fn fits(network: NetworkKind, endpoint: &Endpoint) -> bool {
    match endpoint.ip() {
        Some(IpAddr::V4(_)) => network.allows_ipv4(),
        Some(IpAddr::V6(_)) => network.allows_ipv6(),
        None => false,
    }
}

/// Names that never leave the machine (RFC 6761 §6.3).
pub(crate) fn is_localhost(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name).as_bytes();
    let Some(split) = name.len().checked_sub(b"localhost".len()) else {
        return false;
    };
    let (head, tail) = name.split_at(split);
    tail.eq_ignore_ascii_case(b"localhost") && (head.is_empty() || head.ends_with(b"."))
}

/// As in Go: nobody has the address that stands for all, so a dialer takes
/// this machine, in the same family.
fn reachable(purpose: Purpose, endpoint: Endpoint) -> Endpoint {
    match endpoint.as_ip() {
        Some(all) if purpose == Purpose::Dial && all.ip().is_unspecified() => {
            let local: IpAddr = match all.ip() {
                IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
                IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
            };
            SocketAddr::new(local, all.port()).into()
        }
        _ => endpoint,
    }
}

/// IPv4 comes first: that is where most servers on one's own machine listen.
pub(crate) fn loopback() -> Vec<IpAddr> {
    vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()]
}

fn any(purpose: Purpose) -> Vec<IpAddr> {
    match purpose {
        Purpose::Dial => loopback(),
        // A socket on the IPv6 one takes both families where there are two.
        Purpose::Listen => vec![Ipv6Addr::UNSPECIFIED.into(), Ipv4Addr::UNSPECIFIED.into()],
    }
}
