//! From the text of an address to the endpoints that it stands for.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6};
use std::time::Instant;

use net_traits::{Backend, Endpoint, Error, Host, HostPort, Network, Operation, Port, UnixAddress};

use crate::service;
use crate::time::timeout_until;

/// What an empty host stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// This machine.
    Dial,
    /// All addresses of this machine.
    Listen,
}

/// The endpoints to try, in order; at least one.
pub(crate) async fn resolve<B: Backend>(
    backend: &B,
    purpose: Purpose,
    network: Network,
    address: &str,
    deadline: Option<Instant>,
) -> Result<Vec<Endpoint>, Error> {
    if network.is_unix() {
        return unix(address).map(|endpoint| vec![endpoint]);
    }
    let HostPort { host, port } = address.parse()?;
    let port = number(&port)?;
    let candidates = match &host {
        Host::Any => any(purpose),
        Host::Ip { ip, zone } => {
            let literal = literal(network, *ip, zone.as_deref(), port)?;
            return Ok(literal
                .into_iter()
                .map(|to| reachable(purpose, to))
                .collect());
        }
        Host::Name(name) => lookup(backend, name, deadline).await?,
        other => return Err(invalid(format!("unknown form of host: {other}"))),
    };
    let endpoints: Vec<Endpoint> = candidates
        .into_iter()
        .map(|ip| Endpoint::from(SocketAddr::new(ip, port)))
        .filter(|endpoint| fits(network, endpoint))
        .map(|endpoint| reachable(purpose, endpoint))
        .collect();
    if endpoints.is_empty() {
        let none = std::io::Error::new(
            std::io::ErrorKind::AddrNotAvailable,
            format!("no address for {network}"),
        );
        return Err(Error::new(Operation::Lookup, none).with_address(host.to_string()));
    }
    Ok(endpoints)
}

/// The addresses of a name: this machine's for `localhost`, a literal's own,
/// else what the host's resolver says, under the deadline.
pub(crate) async fn lookup<B: Backend>(
    backend: &B,
    name: &str,
    deadline: Option<Instant>,
) -> Result<Vec<IpAddr>, Error> {
    if is_localhost(name) {
        return Ok(loopback());
    }
    if let Ok(literal) = name.parse() {
        return Ok(vec![literal]);
    }
    match timeout_until(backend, deadline, backend.lookup(name)).await {
        Ok(found) => found.map_err(|cause| Error::new(Operation::Lookup, cause)),
        Err(_) => Err(Error::timeout(Operation::Lookup)),
    }
    .map_err(|error| error.with_address(name))
}

fn invalid(message: String) -> Error {
    Error::invalid(Operation::Parse, message)
}

fn unix(address: &str) -> Result<Endpoint, Error> {
    match UnixAddress::new(address) {
        UnixAddress::Unnamed => Err(invalid("empty path, expected a path or @name".into())),
        UnixAddress::Abstract(name) if name.is_empty() => {
            Err(invalid("empty name behind @".into()))
        }
        named => Ok(named.into()),
    }
}

fn number(port: &Port) -> Result<u16, Error> {
    match port {
        Port::Number(number) => Ok(*number),
        Port::Service(name) => service::port(name)
            .ok_or_else(|| invalid(format!("unknown service {name:?}, expected a port number"))),
        other => Err(invalid(format!("unknown form of port: {other}"))),
    }
}

fn literal(
    network: Network,
    ip: IpAddr,
    zone: Option<&str>,
    port: u16,
) -> Result<Vec<Endpoint>, Error> {
    let endpoint = match (ip, zone) {
        (IpAddr::V6(v6), Some(zone)) => {
            let digits = zone.bytes().all(|byte| byte.is_ascii_digit());
            let scope = zone.parse().ok().filter(|_| digits).ok_or_else(|| {
                invalid(format!(
                    "zone {zone:?} is not an interface's index (names are not supported)"
                ))
            })?;
            SocketAddrV6::new(v6, port, 0, scope).into()
        }
        _ => Endpoint::from(SocketAddr::new(ip, port)),
    };
    if fits(network, &endpoint) {
        Ok(vec![endpoint])
    } else {
        Err(invalid(format!("{ip} is not an address of {network}")))
    }
}

/// Whether a network has the endpoint, whose address is in its plainest form.
fn fits(network: Network, endpoint: &Endpoint) -> bool {
    match endpoint.ip() {
        Some(IpAddr::V4(_)) => network.allows_ipv4(),
        Some(IpAddr::V6(_)) => network.allows_ipv6(),
        None => false,
    }
}

/// Names that never leave the machine (RFC 6761 §6.3).
fn is_localhost(name: &str) -> bool {
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

fn loopback() -> Vec<IpAddr> {
    vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()]
}

fn any(purpose: Purpose) -> Vec<IpAddr> {
    match purpose {
        Purpose::Dial => loopback(),
        // A socket on the IPv6 one takes both families where there are two.
        Purpose::Listen => vec![Ipv6Addr::UNSPECIFIED.into(), Ipv4Addr::UNSPECIFIED.into()],
    }
}
