//! The hosts that are reached without a proxy.

use std::net::IpAddr;

use net_traits::{Host, HostPort, Port};

/// The value of `NO_PROXY`.
#[derive(Debug, Clone, Default)]
pub(crate) struct NoProxy(Vec<Rule>);

#[derive(Debug, Clone)]
struct Rule {
    hosts: Hosts,
    port: Option<u16>,
}

#[derive(Debug, Clone)]
enum Hosts {
    All,
    /// The addresses whose first bits are these.
    Network(IpAddr, u32),
    /// A name, without a leading dot, and the names below it.
    Domain {
        name: String,
        subdomains_only: bool,
    },
}

impl NoProxy {
    /// Parses a list as Go and curl do: `*`, names with the names below them,
    /// `.name` for the names below alone, addresses, `address/bits`. All but the
    /// last may have a port.
    pub(crate) fn parse(list: &str) -> Self {
        let entries = list.split([',', ' ']).map(str::trim);
        NoProxy(
            entries
                .filter(|entry| !entry.is_empty())
                .map(Rule::parse)
                .collect(),
        )
    }

    /// Whether an address is reached directly. This machine always is.
    pub(crate) fn covers(&self, address: &HostPort) -> bool {
        let own = match &address.host {
            Host::Name(name) => {
                let name = name.as_str();
                name == "localhost" || name.ends_with(".localhost")
            }
            Host::Ip { ip, .. } => ip.to_canonical().is_loopback(),
            _ => true,
        };
        own || self.0.iter().any(|rule| rule.covers(address))
    }
}

impl Rule {
    fn parse(entry: &str) -> Self {
        let (host, port) = match entry.parse() {
            Ok(HostPort { host, port }) => (host.to_string(), Some(port)),
            Err(_) => (entry.trim_matches(['[', ']']).to_owned(), None),
        };
        Rule {
            hosts: Hosts::parse(&host),
            port: match port {
                Some(Port::Number(number)) if number != 0 => Some(number),
                _ => None,
            },
        }
    }

    fn covers(&self, address: &HostPort) -> bool {
        let ports = self.port.map(Port::Number);
        ports.is_none_or(|port| port == address.port) && self.hosts.contain(&address.host)
    }
}

impl Hosts {
    fn parse(text: &str) -> Self {
        if text == "*" {
            return Hosts::All;
        }
        if let Ok(ip) = text.parse::<IpAddr>() {
            return Hosts::Network(ip, width(ip));
        }
        if let Some((ip, bits)) = text.split_once('/')
            && let (Ok(ip), Ok(bits)) = (ip.parse::<IpAddr>(), bits.parse())
            && bits <= width(ip)
        {
            return Hosts::Network(ip, bits);
        }
        let name = text.trim_end_matches('.').to_ascii_lowercase();
        let below = name.strip_prefix("*.").or(name.strip_prefix('.'));
        Hosts::Domain {
            name: below.unwrap_or(&name).to_owned(),
            subdomains_only: below.is_some(),
        }
    }

    fn contain(&self, host: &Host) -> bool {
        match (self, host) {
            (Hosts::All, _) => true,
            (Hosts::Network(network, bits), Host::Ip { ip, .. }) => {
                contains(*network, *bits, ip.to_canonical())
            }
            (Hosts::Network(..), _) => false,
            (
                Hosts::Domain {
                    name,
                    subdomains_only,
                },
                host,
            ) => {
                let host = host.to_string();
                match host.trim_end_matches('.').strip_suffix(name.as_str()) {
                    Some("") => !subdomains_only,
                    Some(below) => below.ends_with('.') && !name.is_empty(),
                    None => false,
                }
            }
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
