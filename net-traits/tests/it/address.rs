//! A network and an address on it, as one value.

use std::io::ErrorKind;
use std::net::SocketAddr;

use net_traits::{
    Address, Endpoint, Host, HostPort, NetworkKind, Operation, Port, Result, UnixAddress,
};
use proptest::prelude::*;

use crate::fake::at;
use crate::strategy::{
    config, host, nearly_a_path, nearly_an_address, port, socket_addr, unix_address,
};

fn parse(network: &str, address: &str) -> Address {
    Address::parse(network, address)
        .unwrap_or_else(|error| panic!("{network} {address:?}: {error}"))
}

/// Parses what an address prints: a network, a space and a text.
fn parse_printed(address: &Address) -> Address {
    let printed = address.to_string();
    let (network, text) = printed.split_once(' ').unwrap();
    assert_eq!(network, address.network().name());
    assert_eq!(text, address.text());
    parse(network, text)
}

#[test]
fn an_address_of_every_network_is_read() {
    for network in NetworkKind::ALL {
        let text = if network.is_unix() { "/a" } else { "h:1" };
        let address = parse(network.name(), text);
        assert_eq!(address.network(), network);
        assert_eq!(address.text(), text);
        assert_eq!(address.to_string(), format!("{network} {text}"));
        assert_eq!(address.host_port().is_some(), !network.is_unix());
        assert_eq!(address.host().is_some(), !network.is_unix());
        assert_eq!(address.port().is_some(), !network.is_unix());
        assert_eq!(address.unix_address().is_some(), network.is_unix());
    }
}

#[test]
fn the_parts_are_those_that_were_typed() {
    let address = parse("tcp", "db.internal:postgresql");
    assert_eq!(address.host().unwrap().to_string(), "db.internal");
    assert_eq!(address.port().unwrap().to_string(), "postgresql");
    let address = parse("udp6", ":53");
    assert_eq!(address.host(), Some(&Host::Any));
    assert_eq!(address.port(), Some(&Port::Number(53)));
    let address = parse("unix", "@bus");
    let bus = UnixAddress::abstract_name("bus");
    assert_eq!(address.unix_address(), Some(&bus));
}

#[test]
fn what_is_made_without_text_equals_what_is_typed() {
    let host: Host = "h".parse().unwrap();
    let host_port = || HostPort::new(host.clone(), 1);
    assert_eq!(Address::tcp(host_port()), parse("tcp", "h:1"));
    assert_eq!(Address::udp(host_port()), parse("udp", "h:1"));
    let resolved: SocketAddr = "[fe80::1%7]:80".parse().unwrap();
    assert_eq!(Address::tcp(resolved), parse("tcp", "[fe80::1%7]:80"));
    assert_eq!(
        Address::unix(UnixAddress::path("/a")).unwrap(),
        parse("unix", "/a")
    );
    assert_eq!(
        Address::new(NetworkKind::Udp4, at("192.0.2.1:53")).unwrap(),
        parse("udp4", "192.0.2.1:53")
    );
    let path: Endpoint = UnixAddress::path("@a").into();
    assert_eq!(
        Address::new(NetworkKind::Unixgram, path).unwrap(),
        parse("unixgram", "./@a")
    );
}

#[test]
fn an_address_moves_to_a_network_of_the_same_kind() {
    let tcp4 = parse("tcp", "h:1").on(NetworkKind::Tcp4).unwrap();
    assert_eq!(tcp4, parse("tcp4", "h:1"));
    let datagrams = parse("unix", "/a").on(NetworkKind::Unixgram).unwrap();
    assert_eq!(datagrams, parse("unixgram", "/a"));
}

fn refusal(result: Result<Address>) -> String {
    let error = result.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert_eq!(error.operation(), Operation::Parse);
    assert!(error.network().is_some(), "{error}");
    error.to_string()
}

#[test]
fn what_is_no_address_of_the_network_is_refused_with_both() {
    let unnamed = || Address::unix(UnixAddress::unnamed());
    let nameless = || Address::unix(UnixAddress::abstract_name(""));
    for (result, message) in [
        (
            Address::parse("tcp", "localhost"),
            "parse tcp localhost: missing port, expected host:port",
        ),
        (
            Address::parse("unix", ""),
            r#"parse unix "": empty path, expected a path or @name"#,
        ),
        (
            Address::parse("unixgram", "@"),
            "parse unixgram @: empty name after @",
        ),
        (
            Address::parse("sctp", "h:1"),
            "parse sctp h:1: unknown network \"sctp\", expected one of \
             tcp, tcp4, tcp6, udp, udp4, udp6, unix, unixgram",
        ),
        (unnamed(), "parse unix (unnamed): the address has no name"),
        (nameless(), "parse unix @: the address has no name"),
        (
            Address::new(NetworkKind::Tcp, UnixAddress::path("/a").into()),
            "parse tcp /a: not an address of this network",
        ),
        (
            Address::new(NetworkKind::Unix, at("127.0.0.1:1")),
            "parse unix 127.0.0.1:1: not an address of this network",
        ),
        (
            parse("tcp", "h:1").on(NetworkKind::Unix),
            "parse unix h:1: not an address of this network",
        ),
        (
            parse("unix", "/a").on(NetworkKind::Udp),
            "parse udp /a: not an address of this network",
        ),
    ] {
        assert_eq!(refusal(result), message);
    }
}

fn address() -> impl Strategy<Value = Address> {
    let typed = (host(), port()).prop_map(|(host, port)| HostPort::new(host, port));
    let resolved = socket_addr().prop_map(HostPort::from);
    let on = |kinds: &[NetworkKind]| prop::sample::select(kinds.to_vec());
    let ip = on(&NetworkKind::ALL[..6]);
    let unix = on(&NetworkKind::ALL[6..]);
    prop_oneof![
        (prop_oneof![typed, resolved], ip)
            .prop_map(|(address, network)| Address::tcp(address).on(network).unwrap()),
        (unix_address(), unix)
            .prop_map(|(address, network)| Address::new(network, address.into()).unwrap()),
    ]
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn every_address_prints_and_reads_as_the_same(address in address()) {
        prop_assert_eq!(parse_printed(&address), address.clone());
        prop_assert!(!address.to_string().contains(char::is_control), "{address:?}");
    }

    #[test]
    fn every_resolved_address_becomes_one_that_reads_as_the_same(
        endpoint in prop_oneof![
            socket_addr().prop_map(Endpoint::from),
            unix_address().prop_map(Endpoint::from),
        ],
    ) {
        let network = match endpoint.as_unix() {
            Some(_) => NetworkKind::Unix,
            None => NetworkKind::Tcp,
        };
        let address = Address::new(network, endpoint.clone()).unwrap();
        prop_assert_eq!(address.text(), endpoint.to_string());
        prop_assert_eq!(parse_printed(&address), address);
    }

    #[test]
    fn no_text_panics_and_what_was_read_prints_the_same(
        text in prop_oneof![nearly_an_address(), nearly_a_path(), any::<String>()],
    ) {
        for network in NetworkKind::ALL {
            match Address::parse(network.name(), &text) {
                Ok(address) => prop_assert_eq!(parse_printed(&address), address),
                Err(error) => {
                    prop_assert_eq!(error.network(), Some(network.name()));
                    prop_assert_eq!(error.address(), Some(&*text));
                    prop_assert_eq!(error.kind(), ErrorKind::InvalidInput);
                    prop_assert!(!error.to_string().contains(char::is_control), "{error}");
                }
            }
        }
    }

    #[test]
    fn no_name_of_a_network_panics(network in any::<String>(), text in any::<String>()) {
        let known = NetworkKind::ALL.iter().any(|kind| kind.name() == network);
        if !known {
            let error = Address::parse(&network, &text).unwrap_err();
            prop_assert_eq!(error.network(), Some(&*network));
            prop_assert!(!error.to_string().contains(char::is_control), "{error}");
        }
    }
}
