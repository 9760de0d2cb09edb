//! Which of several destinations to prefer: the order of RFC 6724 §6.
//!
//! Rules 3, 4 and 7 (deprecated source, home address, encapsulation) need
//! what no host tells. Rule 9 (longest prefix) is left out for IPv4, as in Go
//! and in the C library of Debian: an address in 10/8 says nothing about which
//! public address is near.

use std::cmp::Reverse;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use net_traits::{Backend, Endpoint};

/// What destinations are sorted by; the least is the best. Those of one rank
/// stay in the order in which the resolver gave them (rule 10).
///
/// The fields are in the order of the rules: the first that differs decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Rank {
    /// Rule 1: whether there is a way there.
    usable: Reverse<bool>,
    /// Rule 2: whether source and destination are of the same scope.
    scope_matches: Reverse<bool>,
    /// Rule 5: whether they are of the same label.
    label_matches: Reverse<bool>,
    /// Rule 6.
    precedence: Reverse<u8>,
    /// Rule 8.
    scope: Scope,
    /// Rule 9.
    common_prefix: Reverse<u32>,
}

/// Ranks a destination by the address from which the host would reach it.
pub(crate) fn rank<B: Backend>(backend: &B, destination: SocketAddr) -> Rank {
    // Without one there is no route, or none that the program may use.
    Rank::of(destination.ip(), backend.source(destination).ok())
}

/// Puts the better destinations first.
pub(crate) fn sort<B: Backend>(backend: &B, endpoints: &mut [Endpoint]) {
    if endpoints.len() > 1 {
        endpoints
            .sort_by_cached_key(|endpoint| endpoint.as_ip().map(|address| rank(backend, address)));
    }
}

/// The same for addresses without a port.
pub(crate) fn sort_addresses<B: Backend>(backend: &B, addresses: &mut [IpAddr]) {
    // As in Go: the port of the service discard, since port 0 is refused by some.
    const PORT: u16 = 9;
    if addresses.len() > 1 {
        addresses.sort_by_cached_key(|&ip| rank(backend, SocketAddr::new(ip, PORT)));
    }
}

impl Rank {
    fn of(destination: IpAddr, source: Option<IpAddr>) -> Self {
        let Some(source) = source else {
            return Rank {
                usable: Reverse(false),
                scope_matches: Reverse(false),
                label_matches: Reverse(false),
                precedence: Reverse(0),
                scope: Scope::GLOBAL,
                common_prefix: Reverse(0),
            };
        };
        let policy = policy(destination);
        let scope = scope(destination);
        Rank {
            usable: Reverse(true),
            scope_matches: Reverse(scope == self::scope(source)),
            label_matches: Reverse(policy.label == self::policy(source).label),
            precedence: Reverse(policy.precedence),
            scope,
            common_prefix: Reverse(common_prefix_len(source, destination)),
        }
    }
}

/// A line of the policy table (RFC 6724 §2.1).
#[derive(Debug, PartialEq, Eq)]
struct Policy {
    prefix: Ipv6Addr,
    prefix_len: u32,
    precedence: u8,
    label: u8,
}

const fn line(prefix: u128, prefix_len: u32, precedence: u8, label: u8) -> Policy {
    Policy {
        prefix: Ipv6Addr::from_bits(prefix),
        prefix_len,
        precedence,
        label,
    }
}

/// The longest prefix comes first; the last holds every address.
const POLICIES: [Policy; 9] = [
    line(1, 128, 50, 0),
    line(0xffff << 32, 96, 35, 4),
    line(0, 96, 1, 3),
    line(0x2001 << 112, 32, 5, 5),
    line(0x2002 << 112, 16, 30, 2),
    line(0x3ffe << 112, 16, 1, 12),
    line(0xfec0 << 112, 10, 1, 11),
    line(0xfc00 << 112, 7, 3, 13),
    EVERYTHING,
];

const EVERYTHING: Policy = line(0, 0, 40, 1);

fn policy(address: IpAddr) -> &'static Policy {
    let address = match address {
        IpAddr::V4(v4) => v4.to_ipv6_mapped(),
        IpAddr::V6(v6) => v6,
    };
    POLICIES
        .iter()
        .find(|policy| {
            let common = (address.to_bits() ^ policy.prefix.to_bits()).leading_zeros();
            common >= policy.prefix_len
        })
        .unwrap_or(&EVERYTHING)
}

/// How far an address reaches, by the number that multicast addresses carry
/// (RFC 6724 §3.1, RFC 4291 §2.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Scope(u8);

impl Scope {
    const LINK_LOCAL: Scope = Scope(2);
    const SITE_LOCAL: Scope = Scope(5);
    const GLOBAL: Scope = Scope(14);
}

fn scope(address: IpAddr) -> Scope {
    match address {
        IpAddr::V4(v4) if v4.is_loopback() || v4.is_link_local() => Scope::LINK_LOCAL,
        IpAddr::V4(_) => Scope::GLOBAL,
        IpAddr::V6(v6) => match v6.to_ipv4_mapped() {
            Some(v4) => scope(v4.into()),
            None => scope_of_v6(v6),
        },
    }
}

fn scope_of_v6(address: Ipv6Addr) -> Scope {
    if address.is_loopback() || address.is_unicast_link_local() {
        return Scope::LINK_LOCAL;
    }
    match address.octets() {
        [0xff, flags_and_scope, ..] => Scope(flags_and_scope & 0xf),
        // Deprecated, but in the rules (RFC 3879).
        [0xfe, second, ..] if second & 0xc0 == 0xc0 => Scope::SITE_LOCAL,
        _ => Scope::GLOBAL,
    }
}

/// How many bits the prefixes of two IPv6 addresses share; the second half of
/// an address names a machine and not where it is (RFC 6724 §2.2).
fn common_prefix_len(one: IpAddr, other: IpAddr) -> u32 {
    match (one, other) {
        (IpAddr::V6(one), IpAddr::V6(other)) => {
            (one.to_bits() ^ other.to_bits()).leading_zeros().min(64)
        }
        _ => 0,
    }
}

#[cfg(test)]
mod tests;
