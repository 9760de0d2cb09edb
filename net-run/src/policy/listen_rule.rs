use std::fmt;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

use super::RuleError;
use super::cidr::Cidr;
use super::host::{self, HostPattern};
use super::ports::PortRange;

const EXPECTED: &str = "address[:port[-port]], such as 127.0.0.1:8080";

/// A rule for binding local addresses and ports: `address[:port[-port]]`.
///
/// | address | matches |
/// |---|---|
/// | `*` | everything |
/// | `127.0.0.1`, `[::1]` | that address |
/// | `10.0.0.0/8`, `[fd00::/8]` | the addresses in that CIDR block |
/// | `localhost` | 127.0.0.1 and `::1` |
/// | `0.0.0.0` | the wildcard address of IPv4 |
/// | `[::]` | the wildcard addresses of both families |
///
/// A block matches a wildcard address only if it has all addresses: `0.0.0.0/0`,
/// `::/0`. Port 0, for which the system chooses a port, is matched by rules
/// without ports and by those that name it: `127.0.0.1:0`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListenRule {
    host: HostPattern,
    ports: PortRange,
}

impl ListenRule {
    /// Returns the rules for loopback.
    pub(super) fn loopback() -> [ListenRule; 2] {
        [HostPattern::Block(Cidr::LOOPBACK), HostPattern::Localhost].map(|host| ListenRule {
            host,
            ports: PortRange::ALL,
        })
    }

    /// Returns whether a canonical address may be bound.
    pub(super) fn covers(&self, at: SocketAddr) -> bool {
        self.ports.contains(at.port()) && self.has_address(at.ip())
    }

    fn has_address(&self, ip: IpAddr) -> bool {
        match &self.host {
            // A socket on :: takes IPv4, too.
            HostPattern::Address(IpAddr::V6(Ipv6Addr::UNSPECIFIED)) => ip.is_unspecified(),
            // 0.0.0.0 is the first address of 0.0.0.0/8, and yet more than it.
            HostPattern::Block(block) if ip.is_unspecified() => {
                block.is_whole_family() && block.contains(ip)
            }
            host => host.contains(ip),
        }
    }
}

impl FromStr for ListenRule {
    type Err = RuleError;

    fn from_str(text: &str) -> Result<Self, RuleError> {
        let invalid = |problem| RuleError::new(text, problem, EXPECTED);
        let (host, ports) = host::parse(text).map_err(invalid)?;
        match host {
            HostPattern::Name(_) | HostPattern::Below(_) => Err(invalid(
                "a socket is bound to an address, not to a name".into(),
            )),
            host => Ok(ListenRule { host, ports }),
        }
    }
}

impl fmt::Display for ListenRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.host, self.ports)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn covers(rule: &str, at: &str) -> bool {
        let rule: ListenRule = rule.parse().unwrap();
        rule.covers(at.parse().unwrap())
    }

    #[test]
    fn a_loopback_rule_does_not_cover_a_bind_to_all_addresses() {
        for rule in ["127.0.0.1", "[::1]", "localhost", "127.0.0.0/8", "10.0.0.5"] {
            assert!(!covers(rule, "0.0.0.0:8080"), "{rule}");
            assert!(!covers(rule, "[::]:8080"), "{rule}");
        }
    }

    #[test]
    fn the_unspecified_address_covers_the_bind_to_all_and_nothing_else() {
        assert!(covers("0.0.0.0:8080", "0.0.0.0:8080"));
        assert!(!covers("0.0.0.0:8080", "[::]:8080"));
        assert!(!covers("0.0.0.0:8080", "127.0.0.1:8080"));
        assert!(covers("[::]:8080", "[::]:8080"));
        assert!(covers("[::]:8080", "0.0.0.0:8080"));
        assert!(!covers("[::]:8080", "[::1]:8080"));
        assert!(!covers("[::]:8080", "127.0.0.1:8080"));
    }

    #[test]
    fn only_a_block_of_all_addresses_covers_the_bind_to_all() {
        assert!(covers("0.0.0.0/0", "0.0.0.0:8080"));
        assert!(!covers("0.0.0.0/0", "[::]:8080"));
        assert!(covers("::/0", "[::]:8080"));
        assert!(covers("*", "[::]:8080"));
        assert!(!covers("0.0.0.0/8", "0.0.0.0:8080"));
        assert!(!covers("[::/64]", "[::]:8080"));
        assert!(covers("[::/64]", "[::1]:8080"));
    }

    #[test]
    fn port_0_is_covered_by_rules_that_mean_it_only() {
        assert!(covers("127.0.0.1:0", "127.0.0.1:0"));
        assert!(covers("127.0.0.1", "127.0.0.1:0"));
        assert!(!covers("127.0.0.1:8080", "127.0.0.1:0"));
        assert!(!covers("127.0.0.1:0", "127.0.0.1:8080"));
    }

    #[test]
    fn a_name_is_refused_since_a_bind_has_none() {
        for text in ["example.com:80", "*.example.com", "a.localhost"] {
            let message = text.parse::<ListenRule>().unwrap_err().to_string();
            assert!(message.contains("not to a name"), "{message}");
        }
    }
}
