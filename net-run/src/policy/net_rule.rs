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

/// A rule for connecting and sending datagrams: `host[:port[-port]]`.
///
/// | host | matches |
/// |---|---|
/// | `*` | every host |
/// | `10.0.0.5`, `[fd00::5]` | that address |
/// | `10.0.0.0/8`, `[fd00::/8]` | the addresses in that CIDR block |
/// | `example.com` | that name |
/// | `*.example.com` | its subdomains at any depth, but not the name itself |
/// | `localhost` | that name, 127.0.0.1 and `::1` |
///
/// Without a port, the rule matches every port, and an IPv6 address needs no
/// brackets. Names are compared case-insensitively. Other spellings of an IPv4
/// address, such as `127.1`, are rejected, since programs read them differently.
///
/// A rule with a name allows looking up the name, and then connecting to its
/// addresses for an hour after they were last used. If several names share an
/// address, as they do at large providers, the rule allows all of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NetRule {
    pub(super) host: HostPattern,
    pub(super) ports: PortRange,
}

impl NetRule {
    /// Returns the rules for loopback.
    pub(super) fn loopback() -> [NetRule; 2] {
        [HostPattern::Block(Cidr::LOOPBACK), HostPattern::Localhost].map(|host| NetRule {
            host,
            ports: PortRange::ALL,
        })
    }

    /// Returns whether the rule itself matches a canonical address.
    pub(super) fn covers(&self, to: SocketAddr) -> bool {
        self.ports.contains(to.port()) && self.host.contains(to.ip())
    }

    /// Like [`covers`](Self::covers), and also for addresses that a gateway
    /// would translate to one of those.
    pub(super) fn covers_embedded(&self, to: SocketAddr) -> bool {
        let inner = || embedded(to.ip()).is_some_and(|v4| self.host.contains(v4.into()));
        self.ports.contains(to.port()) && (self.host.contains(to.ip()) || inner())
    }

    /// Returns whether the rule, as one that denies, denies every port of the name.
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
                "as a destination 0.0.0.0 means 127.0.0.1; write that, or 0.0.0.0/0 for every IPv4 address"
                    .into(),
            )),
            HostPattern::Address(ip) if ip.is_unspecified() => Err(invalid(
                "as a destination :: means ::1; write that, or ::/0 for every IPv6 address".into(),
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
