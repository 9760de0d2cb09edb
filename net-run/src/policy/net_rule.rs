use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use super::RuleError;
use super::address::embedded;
use super::cidr::Cidr;
use super::host::{self, HostPattern};
use super::name::Name;
use super::ports::PortRange;

const EXPECTED: &str = "host[:port[-port]], such as example.com:443";

/// Hosts and ports to connect and send to: `host[:port[-port]]`.
///
/// | host | means |
/// |---|---|
/// | `*` | every host |
/// | `10.0.0.5`, `[fd00::5]` | that address |
/// | `10.0.0.0/8`, `[fd00::/8]` | the addresses of that block |
/// | `example.com` | that name |
/// | `*.example.com` | the names below, at any depth, without the name itself |
/// | `localhost` | that name, 127.0.0.1 and `::1` |
///
/// Without ports, every port is meant, and an IPv6 address needs no brackets.
/// Names are compared in any case. Other spellings of an IPv4 address, such as
/// `127.1`, are refused, since programs differ in how they read them.
///
/// A rule with a name lets the name be looked up, and then its addresses be
/// reached for an hour after they were last used. Where several names share an
/// address, as they do at large providers, all of them are reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NetRule {
    pub(super) host: HostPattern,
    pub(super) ports: PortRange,
}

impl NetRule {
    /// This machine, as its developers call it.
    pub(super) fn loopback() -> [NetRule; 2] {
        [HostPattern::Block(Cidr::LOOPBACK), HostPattern::Localhost].map(|host| NetRule {
            host,
            ports: PortRange::ALL,
        })
    }

    /// Whether a canonical address is one of those that the rule itself has.
    pub(super) fn covers(&self, to: SocketAddr) -> bool {
        self.ports.contains(to.port()) && self.host.contains(to.ip())
    }

    /// Like [`covers`](Self::covers), and also for addresses that a gateway
    /// would translate to one of those.
    pub(super) fn covers_embedded(&self, to: SocketAddr) -> bool {
        let inner = || embedded(to.ip()).is_some_and(|v4| self.host.contains(v4.into()));
        self.ports.contains(to.port()) && (self.host.contains(to.ip()) || inner())
    }

    /// Whether the rule, as one that denies, leaves no use for the name.
    pub(super) fn has_all_of(&self, name: &Name) -> bool {
        self.ports.is_all() && self.host.matches(name)
    }
}

impl FromStr for NetRule {
    type Err = RuleError;

    fn from_str(text: &str) -> Result<Self, RuleError> {
        let invalid = |problem| RuleError::new(text, problem, EXPECTED);
        let (host, ports) = host::parse(text).map_err(invalid)?;
        match host {
            HostPattern::Address(IpAddr::V4(ip)) if ip.is_unspecified() => Err(invalid(
                "0.0.0.0 is dialled as 127.0.0.1, write that, or 0.0.0.0/0 for every IPv4 address"
                    .into(),
            )),
            HostPattern::Address(ip) if ip.is_unspecified() => Err(invalid(
                ":: is dialled as ::1, write that, or ::/0 for every IPv6 address".into(),
            )),
            host => Ok(NetRule { host, ports }),
        }
    }
}

impl fmt::Display for NetRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.host, self.ports)
    }
}
