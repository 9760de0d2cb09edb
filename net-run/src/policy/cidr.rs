use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A block of addresses that share a prefix (RFC 4632).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cidr {
    network: IpAddr,
    length: u32,
}

impl Cidr {
    /// 127.0.0.0/8.
    pub(super) const LOOPBACK: Cidr = Cidr {
        network: IpAddr::V4(Ipv4Addr::new(127, 0, 0, 0)),
        length: 8,
    };

    /// Parses `address/length`; otherwise returns what is wrong.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let (address, length) = text
            .split_once('/')
            .ok_or_else(|| format!("{text:?} has no prefix length"))?;
        let network: IpAddr = address
            .parse()
            .map_err(|_| format!("invalid IP address {address:?} before the /"))?;
        let width = width(network);
        let length = parse_length(length)
            .filter(|length| *length <= width)
            .ok_or_else(|| format!("invalid prefix length {length:?}, expected 0 to {width}"))?;
        let proper = Cidr {
            network: first(network, length),
            length,
        };
        if proper.network != network {
            return Err(format!(
                "{network} has bits set beyond its prefix of {length}, write {proper}"
            ));
        }
        Ok(proper.canonical())
    }

    /// Mapped IPv4 addresses are compared as plain ones, hence so is their block.
    fn canonical(self) -> Self {
        match (self.network.to_canonical(), self.length.checked_sub(96)) {
            (network @ IpAddr::V4(_), Some(length)) if self.network.is_ipv6() => {
                Cidr { network, length }
            }
            _ => self,
        }
    }

    /// The address, where the block has just one.
    pub(super) fn single(self) -> Option<IpAddr> {
        (self.length == width(self.network)).then_some(self.network)
    }

    /// Whether the block is all of its family.
    pub(super) fn is_whole_family(self) -> bool {
        self.length == 0
    }

    pub(super) fn is_ipv6(self) -> bool {
        self.network.is_ipv6()
    }

    pub(super) fn contains(self, ip: IpAddr) -> bool {
        ip.is_ipv4() == self.network.is_ipv4() && first(ip, self.length) == self.network
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.network, self.length)
    }
}

fn width(ip: IpAddr) -> u32 {
    if ip.is_ipv4() { 32 } else { 128 }
}

fn parse_length(text: &str) -> Option<u32> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| digits)
}

/// The first address of the block of that length around an address.
fn first(ip: IpAddr, length: u32) -> IpAddr {
    let tail = width(ip) - length;
    match ip {
        IpAddr::V4(v4) => {
            let mask = u32::MAX.checked_shl(tail).unwrap_or(0);
            Ipv4Addr::from_bits(v4.to_bits() & mask).into()
        }
        IpAddr::V6(v6) => {
            let mask = u128::MAX.checked_shl(tail).unwrap_or(0);
            Ipv6Addr::from_bits(v6.to_bits() & mask).into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contains(block: &str, ip: &str) -> bool {
        Cidr::parse(block).unwrap().contains(ip.parse().unwrap())
    }

    #[test]
    fn a_block_has_the_addresses_with_its_first_bits() {
        assert!(contains("10.0.0.0/8", "10.255.0.1"));
        assert!(!contains("10.0.0.0/8", "11.0.0.0"));
        assert!(contains("10.1.2.128/25", "10.1.2.255"));
        assert!(!contains("10.1.2.128/25", "10.1.2.127"));
        assert!(contains("fe80::/10", "febf::1"));
        assert!(!contains("fe80::/10", "fec0::1"));
        assert!(contains("::1/128", "::1"));
    }

    #[test]
    fn a_block_of_length_0_is_its_whole_family_and_no_more() {
        assert!(contains("0.0.0.0/0", "255.1.2.3"));
        assert!(!contains("0.0.0.0/0", "::1"));
        assert!(contains("::/0", "ffff::1"));
        assert!(!contains("::/0", "1.2.3.4"));
    }

    #[test]
    fn a_block_of_mapped_addresses_is_the_plain_one() {
        assert_eq!(
            Cidr::parse("::ffff:10.0.0.0/104"),
            Cidr::parse("10.0.0.0/8")
        );
        assert_eq!(Cidr::parse("::ffff:0.0.0.0/96"), Cidr::parse("0.0.0.0/0"));
    }

    #[test]
    fn an_address_inside_a_block_is_refused_and_the_block_is_named() {
        let problem = Cidr::parse("10.0.0.5/8").unwrap_err();
        assert!(problem.contains("10.0.0.0/8"), "{problem}");
        let problem = Cidr::parse("fe80::1/10").unwrap_err();
        assert!(problem.contains("fe80::/10"), "{problem}");
    }

    #[test]
    fn lengths_are_plain_numbers_that_fit() {
        for text in [
            "10.0.0.0/33",
            "::/129",
            "10.0.0.0/",
            "10.0.0.0/+8",
            "10.0.0.0/-1",
            "/8",
            "10.0.0.0/8/8",
            "10/8",
        ] {
            assert!(Cidr::parse(text).is_err(), "{text}");
        }
    }
}
