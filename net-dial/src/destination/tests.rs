//! The tables of Go's `addrselect_test.go`, which has them from RFC 6724.

use std::net::IpAddr;

use super::{POLICIES, Rank, Scope, common_prefix_len, policy, scope};

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

/// Sorts destinations, each with its source; an empty text is none.
fn sorted<'a>(pairs: &[(&'a str, &str)]) -> Vec<&'a str> {
    let mut pairs = pairs.to_vec();
    pairs.sort_by_key(|(destination, source)| Rank::of(ip(destination), source.parse().ok()));
    pairs.iter().map(|(destination, _)| *destination).collect()
}

/// The better destination, whichever of the two was first.
#[track_caller]
fn assert_prefers(better: (&str, &str), worse: (&str, &str)) {
    let order = [better.0, worse.0];
    assert_eq!(sorted(&[better, worse]), order);
    assert_eq!(sorted(&[worse, better]), order);
}

#[test]
fn the_matching_scope_is_preferred() {
    assert_prefers(
        ("2001:db8:1::1", "2001:db8:1::2"),
        ("198.51.100.121", "169.254.13.78"),
    );
    assert_prefers(
        ("198.51.100.121", "198.51.100.117"),
        ("2001:db8:1::1", "fe80::1"),
    );
}

#[test]
fn the_matching_label_is_preferred() {
    // RFC 6724 §10.2: 6to4 from a 6to4 address, against native IPv6 from the same.
    assert_prefers(
        ("2002:c633:6401::1", "2002:c633:6401::d5e3:7953:13eb:22e8"),
        ("2001:db8:1::1", "2002:c633:6401::d5e3:7953:13eb:22e8"),
    );
}

#[test]
fn the_higher_precedence_is_preferred() {
    assert_prefers(("2001:db8:1::1", "2001:db8:1::2"), ("10.1.2.3", "10.1.2.4"));
    // RFC 6724 §10.2: native against 6to4, both with a source of their kind.
    assert_prefers(
        ("2001:db8:1::1", "2001:db8:1::2"),
        ("2002:c633:6401::1", "2002:c633:6401::2"),
    );
}

#[test]
fn the_smaller_scope_is_preferred() {
    assert_prefers(("fe80::1", "fe80::2"), ("2001:db8:1::1", "2001:db8:1::2"));
}

#[test]
fn the_longer_common_prefix_is_preferred_for_ipv6() {
    assert_prefers(
        ("2001:db8:1::1", "2001:db8:1::2"),
        ("2001:db8:3ffe::1", "2001:db8:1::2"),
    );
}

#[test]
fn ipv4_addresses_stay_in_order_however_near_they_look() {
    let texts = [
        "54.83.193.112",
        "184.72.238.214",
        "23.23.172.185",
        "75.101.148.21",
        "23.23.134.56",
        "23.21.50.150",
    ];
    let pairs = texts.map(|text| (text, "10.2.3.4"));
    assert_eq!(sorted(&pairs), texts);
}

#[test]
fn a_destination_with_no_way_there_comes_last() {
    assert_prefers(("192.0.2.1", "10.0.0.1"), ("2001:db8::1", ""));
    assert_prefers(("2001:db8::1", "2001:db8::2"), ("192.0.2.1", ""));
    let none = [("192.0.2.1", ""), ("2001:db8::1", ""), ("::1", "")];
    assert_eq!(sorted(&none), ["192.0.2.1", "2001:db8::1", "::1"]);
}

#[test]
fn the_policy_table_is_that_of_the_rfc() {
    let lines: Vec<_> = POLICIES
        .iter()
        .map(|line| {
            let prefix = format!("{}/{}", line.prefix, line.prefix_len);
            (prefix, line.precedence, line.label)
        })
        .collect();
    let expected = [
        ("::1/128", 50, 0),
        ("::ffff:0.0.0.0/96", 35, 4),
        ("::/96", 1, 3),
        ("2001::/32", 5, 5),
        ("2002::/16", 30, 2),
        ("3ffe::/16", 1, 12),
        ("fec0::/10", 1, 11),
        ("fc00::/7", 3, 13),
        ("::/0", 40, 1),
    ];
    assert_eq!(
        lines,
        expected.map(|(prefix, precedence, label)| (prefix.to_owned(), precedence, label))
    );
    assert!(POLICIES.is_sorted_by(|a, b| a.prefix_len >= b.prefix_len));
}

#[test]
fn an_address_has_the_policy_of_its_longest_prefix() {
    for (address, precedence, label) in [
        ("127.0.0.1", 35, 4),
        ("2601:645:8002:a500:986f:1db8:c836:bd65", 40, 1),
        ("::1", 50, 0),
        ("2002::ab12", 30, 2),
        ("::ffff:192.0.2.1", 35, 4),
        ("2001::1", 5, 5),
        ("fd00::1", 3, 13),
    ] {
        let found = policy(ip(address));
        assert_eq!(
            (found.precedence, found.label),
            (precedence, label),
            "{address}"
        );
    }
}

#[test]
fn an_address_has_the_scope_that_the_rfc_gives_it() {
    for (address, expected) in [
        ("127.0.0.1", Scope::LINK_LOCAL),
        ("::1", Scope::LINK_LOCAL),
        ("169.254.1.2", Scope::LINK_LOCAL),
        ("fe80::1", Scope::LINK_LOCAL),
        ("fec0::1", Scope::SITE_LOCAL),
        ("8.8.8.8", Scope::GLOBAL),
        ("2001:db8::1", Scope::GLOBAL),
        ("fd00::1", Scope::GLOBAL),
        ("ff02::", Scope::LINK_LOCAL),
        ("ff05::", Scope::SITE_LOCAL),
        ("ff04::", Scope(4)),
        ("ff0e::", Scope::GLOBAL),
        ("::ffff:127.0.0.1", Scope::LINK_LOCAL),
        ("224.0.0.0", Scope::GLOBAL),
        ("224.2.2.2", Scope::GLOBAL),
    ] {
        assert_eq!(scope(ip(address)), expected, "{address}");
    }
}

#[test]
fn a_common_prefix_ends_where_the_interface_begins() {
    for (one, other, expected) in [
        ("fe80::1", "fe80::2", 64),
        ("fe81::1", "fe80::2", 15),
        ("127.0.0.1", "fe80::1", 0),
        // Rule 9 is not for IPv4.
        ("1.2.3.4", "1.2.3.4", 0),
    ] {
        assert_eq!(common_prefix_len(ip(one), ip(other)), expected);
    }
}
