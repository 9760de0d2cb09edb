//! The one form in which addresses are compared, and which of them are public.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// The address that is compared with rules: an IPv4 address is one in its
/// IPv6-mapped form, too.
pub(super) fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

/// The address that a dial reaches, in the same family. Systems take the
/// unspecified address for this machine.
pub(super) fn reachable(mut to: SocketAddr) -> SocketAddr {
    if to.ip().to_canonical().is_unspecified() {
        to.set_ip(match to.ip() {
            IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(Ipv6Addr::UNSPECIFIED) => Ipv6Addr::LOCALHOST.into(),
            IpAddr::V6(_) => Ipv4Addr::LOCALHOST.to_ipv6_mapped().into(),
        });
    }
    to
}

/// The address that rules compare when an answer to a lookup is dialled.
pub(super) fn dialled(ip: IpAddr) -> IpAddr {
    canonical(reachable(SocketAddr::new(ip, 0))).ip()
}

/// The IPv4 address to which a gateway or a tunnel would carry this one.
pub(super) fn embedded(ip: IpAddr) -> Option<Ipv4Addr> {
    let IpAddr::V6(v6) = ip else { return None };
    match v6.segments() {
        // IPv4-mapped, IPv4-compatible (RFC 4291 §2.5.5), NAT64 (RFC 6052 §2.1).
        [0, 0, 0, 0, 0, 0xffff, high, low]
        | [0x64, 0xff9b, 0, 0, 0, 0, high, low]
        // 6to4 (RFC 3056 §2).
        | [0x2002, high, low, ..] => Some(join(high, low)),
        [0, 0, 0, 0, 0, 0, high, low] if !v6.is_loopback() && !v6.is_unspecified() => {
            Some(join(high, low))
        }
        _ => None,
    }
}

fn join(high: u16, low: u16) -> Ipv4Addr {
    Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low))
}

/// Whether the address belongs to the public internet. A public name that
/// points anywhere else is an attempt to reach what only this machine can.
///
/// Source: the IANA special-purpose address registries (RFC 6890).
pub(super) fn is_public(ip: IpAddr) -> bool {
    match ip.to_canonical() {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [first, second, third, _] = ip.octets();
    let special = match (first, second, third) {
        // This network, private, loopback.
        (0 | 10 | 127, ..)
        // Link-local, private, benchmarks.
        | (169, 254, _) | (192, 168, _) | (198, 18 | 19, _)
        // Protocol assignments, documentation, relays of 6to4.
        | (192, 0, 0 | 2) | (192, 88, 99) | (198, 51, 100) | (203, 0, 113) => true,
        // Shared with the other customers of a provider.
        (100, second, _) => second & 0xc0 == 64,
        (172, second, _) => second & 0xf0 == 16,
        // Multicast, reserved, broadcast.
        (first, ..) => first >= 224,
    };
    !special
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    match ip.segments() {
        // 6to4 and NAT64 are as public as what they embed.
        [0x2002, ..] | [0x64, 0xff9b, 0, 0, 0, 0, ..] => {
            embedded(ip.into()).is_some_and(is_public_v4)
        }
        // Protocol assignments, Teredo among them; documentation.
        [0x2001, second, ..] if second < 0x200 || second == 0xdb8 => false,
        [0x3fff, second, ..] if second < 0x1000 => false,
        // All that was ever handed out as global unicast.
        [first, ..] => first & 0xe000 == 0x2000,
    }
}

/// Reads an IPv4 address in the old spellings that C libraries take: one to
/// four parts, each decimal, octal (`010`) or hexadecimal (`0x0a`), the last
/// of which fills what is left.
pub(super) fn parse_numeric(text: &str) -> Option<Ipv4Addr> {
    let parts: Vec<&str> = text.split('.').collect();
    let (last, leading) = parts.split_last()?;
    if leading.len() > 3 {
        return None;
    }
    let mut bits = 0;
    let mut width = 32;
    for part in leading {
        width -= 8;
        bits |= u32::from(u8::try_from(parse_part(part)?).ok()?) << width;
    }
    let last = parse_part(last)?;
    let fits = u64::from(last) < 1 << width;
    fits.then(|| Ipv4Addr::from_bits(bits | last))
}

fn parse_part(part: &str) -> Option<u32> {
    let (digits, radix) = match part.as_bytes() {
        [b'0', b'x' | b'X', ..] => (&part[2..], 16),
        [b'0', _, ..] => (&part[1..], 8),
        _ => (part, 10),
    };
    if digits.is_empty() {
        // Some libraries read a bare "0x" as 0.
        return (radix == 16).then_some(0);
    }
    if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    u32::from_str_radix(digits, radix).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn numeric_aliases_are_read_as_c_libraries_read_them() {
        for (text, address) in [
            ("127.0.0.1", "127.0.0.1"),
            ("127.1", "127.0.0.1"),
            ("127.0.1", "127.0.0.1"),
            ("0x7f.1", "127.0.0.1"),
            ("0X7F000001", "127.0.0.1"),
            ("2130706433", "127.0.0.1"),
            ("017700000001", "127.0.0.1"),
            ("010.0.0.1", "8.0.0.1"),
            ("0", "0.0.0.0"),
            ("0x", "0.0.0.0"),
            ("1.65536", "1.1.0.0"),
            ("4294967295", "255.255.255.255"),
        ] {
            assert_eq!(
                parse_numeric(text).map(IpAddr::V4),
                Some(ip(address)),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_no_numeric_alias_is_not_taken_for_one() {
        for text in [
            "",
            ".",
            "1.",
            ".1",
            "1..2",
            "1.2.3.4.5",
            "256.1",
            "1.2.3.256",
            "4294967296",
            "08.1",
            "+1",
            "-1",
            "0x+1",
            "1 ",
            "a",
            "0xg",
            "1.16777216",
            "99999999999999999999999",
        ] {
            assert_eq!(parse_numeric(text), None, "{text}");
        }
    }

    #[test]
    fn addresses_of_the_internet_are_public() {
        for text in [
            "1.1.1.1",
            "93.184.215.14",
            "100.63.0.1",
            "100.128.0.1",
            "172.15.0.1",
            "172.32.0.1",
            "192.0.1.1",
            "198.17.0.1",
            "198.20.0.1",
            "223.255.255.255",
            "::ffff:1.1.1.1",
            "2606:4700:4700::1111",
            "2a00:1450:4001:80e::200e",
            "64:ff9b::1.1.1.1",
            "2002:101:101::1",
            "2001:4860:4860::8888",
        ] {
            assert!(is_public(ip(text)), "{text}");
        }
    }

    #[test]
    fn addresses_with_a_special_purpose_are_not_public() {
        for text in [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.5",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.1",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "fe80::1",
            "fec0::1",
            "fc00::1",
            "fd12:3456::1",
            "ff02::1",
            "2001:db8::1",
            "3fff::1",
            "2001::1",
            "2001:2::1",
            "100::1",
            "5f00::1",
            "::ffff:10.0.0.5",
            "::10.0.0.5",
            "::8.8.8.8",
            "64:ff9b::10.0.0.5",
            "64:ff9b:1::1",
            "2002:a00:5::1",
            "2002:7f00:1::",
        ] {
            assert!(!is_public(ip(text)), "{text}");
        }
    }

    #[test]
    fn the_unspecified_address_is_dialled_as_this_machine_in_its_own_family() {
        for (to, reached) in [
            ("0.0.0.0:80", "127.0.0.1:80"),
            ("[::]:80", "[::1]:80"),
            ("[::ffff:0.0.0.0]:80", "[::ffff:127.0.0.1]:80"),
            ("[::ffff:10.0.0.5]:80", "[::ffff:10.0.0.5]:80"),
            ("1.1.1.1:0", "1.1.1.1:0"),
        ] {
            assert_eq!(reachable(to.parse().unwrap()), reached.parse().unwrap());
        }
    }
}
