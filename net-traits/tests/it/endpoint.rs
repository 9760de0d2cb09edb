//! Resolved addresses: how they print, and their canonical form.

use std::io::ErrorKind;
use std::net::{SocketAddr, SocketAddrV4, SocketAddrV6};

use net_traits::{Endpoint, EndpointKind, Operation, UnixAddress};
use proptest::prelude::*;

use crate::fake::at;
use crate::strategy::{config, nearly_a_path, nearly_an_address, socket_addr, unix_address};

#[test]
fn an_ip_endpoint_prints_as_it_is_typed() {
    for text in [
        "127.0.0.1:80",
        "0.0.0.0:0",
        "[::1]:80",
        "[::]:65535",
        "[2001:db8::1]:443",
        "[fe80::1%2]:80",
    ] {
        assert_eq!(at(text).to_string(), text);
    }
}

#[test]
fn a_unix_endpoint_prints_as_its_address_does() {
    for text in [
        "/run/app.sock",
        "relative.sock",
        "@bus",
        "@a/b c",
        r"/a\x0ab",
    ] {
        let address: UnixAddress = text.parse().unwrap();
        assert_eq!(Endpoint::from(address).to_string(), text);
    }
}

#[test]
fn an_unnamed_unix_endpoint_says_so() {
    assert_eq!(
        Endpoint::from(UnixAddress::unnamed()).to_string(),
        "(unnamed)"
    );
}

#[test]
fn an_endpoint_is_read_if_its_text_can_mean_one_thing_only() {
    for text in [
        "127.0.0.1:80",
        "[fe80::1%2]:80",
        "/run/app.sock",
        "./app.sock",
        "@bus",
    ] {
        let endpoint: Endpoint = text.parse().unwrap();
        assert_eq!(endpoint.to_string(), text);
    }
    let mapped: Endpoint = "[::ffff:192.0.2.7]:80".parse().unwrap();
    assert_eq!(mapped, at("192.0.2.7:80"));
}

#[test]
fn what_is_no_endpoint_is_told_what_is_expected() {
    for text in [
        "",
        "localhost:80",
        "127.0.0.1",
        "127.0.0.1:http",
        "[fe80::1%eth0]:80",
        "app.sock",
        "(unnamed)",
        "a\nb",
    ] {
        let error = text.parse::<Endpoint>().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert_eq!(error.operation(), Operation::Parse);
        assert_eq!(error.address(), Some(text));
        let expected = "invalid endpoint, expected ip:port, [ipv6]:port, @name or a path with a /";
        assert!(error.to_string().ends_with(expected), "{error}");
    }
    let error = "@".parse::<Endpoint>().unwrap_err();
    assert_eq!(error.to_string(), "parse @: empty name after @");
}

#[test]
fn a_v4_mapped_address_becomes_the_ipv4_address() {
    let mapped: SocketAddr = "[::ffff:192.0.2.7]:80".parse().unwrap();
    let SocketAddr::V6(mapped_v6) = mapped else {
        panic!("not IPv6");
    };
    let plain: SocketAddrV4 = "192.0.2.7:80".parse().unwrap();
    assert_eq!(Endpoint::from(mapped), Endpoint::from(plain));
    assert_eq!(Endpoint::from(mapped_v6), Endpoint::from(plain));
    assert_eq!(Endpoint::from(mapped).to_string(), "192.0.2.7:80");
    assert_eq!(Endpoint::from(mapped).as_ip(), Some(plain.into()));
}

#[test]
fn an_address_that_only_looks_mapped_stays() {
    for text in ["[::192.0.2.7]:80", "[::1]:80", "[64:ff9b::c000:207]:80"] {
        let address: SocketAddr = text.parse().unwrap();
        assert_eq!(Endpoint::from(address).as_ip(), Some(address));
    }
}

#[test]
fn flow_and_scope_stay() {
    let address = SocketAddrV6::new("fe80::1".parse().unwrap(), 80, 5, 9);
    assert_eq!(Endpoint::from(address).as_ip(), Some(address.into()));
}

#[test]
fn parts_are_there_for_the_right_family_only() {
    let ip = at("127.0.0.1:80");
    assert_eq!(ip.ip(), Some("127.0.0.1".parse().unwrap()));
    assert_eq!(ip.port(), Some(80));
    assert_eq!(ip.as_unix(), None);
    assert_eq!(ip.kind(), EndpointKind::Ip("127.0.0.1:80".parse().unwrap()));

    let unix = Endpoint::from(UnixAddress::path("/a"));
    assert_eq!(unix.as_unix(), Some(&UnixAddress::path("/a")));
    assert_eq!(unix.as_ip(), None);
    assert_eq!(unix.kind(), EndpointKind::Unix(&UnixAddress::path("/a")));
    assert_eq!(unix.ip(), None);
    assert_eq!(unix.port(), None);
}

#[test]
fn endpoints_sort_and_hash() {
    let mut endpoints = vec![at("127.0.0.2:1"), at("127.0.0.1:2"), at("127.0.0.1:1")];
    endpoints.sort();
    assert_eq!(
        endpoints,
        [at("127.0.0.1:1"), at("127.0.0.1:2"), at("127.0.0.2:1")]
    );
    let set: std::collections::HashSet<_> = endpoints.into_iter().collect();
    assert!(set.contains(&at("127.0.0.2:1")));
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn every_ip_endpoint_prints_and_reads_as_the_same(address in socket_addr()) {
        let endpoint = Endpoint::from(address);
        prop_assert_eq!(endpoint.to_string().parse::<Endpoint>().unwrap(), endpoint);
    }

    #[test]
    fn every_unix_endpoint_that_prints_with_a_slash_or_at_reads_as_the_same(
        address in unix_address(),
    ) {
        let endpoint = Endpoint::from(address);
        let printed = endpoint.to_string();
        if printed.starts_with('@') || printed.contains('/') {
            prop_assert_eq!(printed.parse::<Endpoint>().unwrap(), endpoint);
        } else {
            // A name without a slash might be a host, or a typo.
            prop_assert!(printed.parse::<Endpoint>().is_err(), "{printed}");
        }
    }

    #[test]
    fn no_text_panics_and_what_was_read_prints_the_same(
        text in prop_oneof![nearly_an_address(), nearly_a_path(), any::<String>()],
    ) {
        match text.parse::<Endpoint>() {
            Ok(endpoint) => {
                prop_assert_eq!(endpoint.to_string().parse::<Endpoint>().unwrap(), endpoint);
            }
            Err(error) => prop_assert_eq!(error.address(), Some(&*text)),
        }
    }
}
