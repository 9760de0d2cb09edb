//! Which hosts are reached without a proxy.

use std::net::IpAddr;
use std::str::FromStr;

use net_traits::{Host, HostPort, Port};

/// The value of `NO_PROXY`.
#[derive(Debug, Clone, Default)]
pub(crate) struct NoProxy(Vec<Rule>);

#[derive(Debug, Clone)]
enum Rule {
    All,
    /// Addresses whose first bits are these.
    Network(IpAddr, u32),
    /// A name, without a leading dot, and perhaps a port.
    Name {
        name: String,
        subdomains_only: bool,
        port: Option<u16>,
    },
}

impl NoProxy {
    /// Reads a list as Go and curl do: `*`, names with the names below them,
    /// `.name` for the names below alone, addresses, `address/bits`, each of the
    /// first kinds with a port or without.
    pub(crate) fn parse(list: &str) -> Self {
        let entries = list.split([',', ' ']).map(str::trim);
        NoProxy(
            entries
                .filter(|entry| !entry.is_empty())
                .map(rule)
                .collect(),
        )
    }

    /// Whether `host:port` is reached directly. This machine always is.
    pub(crate) fn covers(&self, address: &str) -> bool {
        let Ok(HostPort { host, port }) = HostPort::from_str(address) else {
            return false;
        };
        let own = match &host {
            Host::Name(name) => name == "localhost" || name.ends_with(".localhost"),
            Host::Ip { ip, .. } => ip.to_canonical().is_loopback(),
            _ => true,
        };
        own || self.0.iter().any(|rule| rule.covers(&host, &port))
    }
}

fn rule(entry: &str) -> Rule {
    if entry == "*" {
        return Rule::All;
    }
    let bare = entry.trim_start_matches('[').trim_end_matches(']');
    if let Ok(ip) = bare.parse::<IpAddr>() {
        return Rule::Network(ip, width(ip));
    }
    if let Some((ip, bits)) = entry.split_once('/')
        && let (Ok(ip), Ok(bits)) = (ip.parse::<IpAddr>(), bits.parse())
        && bits <= width(ip)
    {
        return Rule::Network(ip, bits);
    }
    let (name, port) = match entry.rsplit_once(':') {
        Some((name, port)) => (name, port.parse().ok()),
        None => (entry, None),
    };
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    let below = name.strip_prefix("*.").or(name.strip_prefix('.'));
    Rule::Name {
        name: below.unwrap_or(&name).to_owned(),
        subdomains_only: below.is_some(),
        port,
    }
}

impl Rule {
    fn covers(&self, host: &Host, actual: &Port) -> bool {
        match (self, host) {
            (Rule::All, _) => true,
            (Rule::Network(network, bits), Host::Ip { ip, .. }) => {
                contains(*network, *bits, ip.to_canonical())
            }
            (
                Rule::Name {
                    name,
                    subdomains_only,
                    port,
                },
                host,
            ) => {
                if port.is_some_and(|port| *actual != Port::Number(port)) {
                    return false;
                }
                let host = host.to_string();
                match host.trim_end_matches('.').strip_suffix(name.as_str()) {
                    Some("") => !subdomains_only,
                    Some(below) => below.ends_with('.') && !name.is_empty(),
                    None => false,
                }
            }
            (Rule::Network(..), _) => false,
        }
    }
}

fn width(ip: IpAddr) -> u32 {
    if ip.is_ipv4() { 32 } else { 128 }
}

fn contains(network: IpAddr, bits: u32, ip: IpAddr) -> bool {
    let (network, ip, width) = match (network, ip) {
        (IpAddr::V4(a), IpAddr::V4(b)) => (u128::from(a.to_bits()), u128::from(b.to_bits()), 32),
        (IpAddr::V6(a), IpAddr::V6(b)) => (a.to_bits(), b.to_bits(), 128),
        _ => return false,
    };
    (network ^ ip).checked_shr(width - bits).unwrap_or(0) == 0
}
