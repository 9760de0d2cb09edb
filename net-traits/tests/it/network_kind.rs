//! The names of networks, and what each is.

use std::collections::HashSet;
use std::io::ErrorKind;

use net_traits::{NetworkKind, Operation};

#[test]
fn every_name_reads_as_the_network_that_prints_it() {
    for network in NetworkKind::ALL {
        assert_eq!(network.name().parse::<NetworkKind>().unwrap(), network);
        assert_eq!(network.to_string(), network.name());
    }
}

#[test]
fn the_names_are_those_of_go() {
    assert_eq!(
        NetworkKind::ALL.map(NetworkKind::name),
        [
            "tcp", "tcp4", "tcp6", "udp", "udp4", "udp6", "unix", "unixgram"
        ]
    );
}

#[test]
fn no_two_networks_are_the_same() {
    assert_eq!(
        HashSet::from(NetworkKind::ALL).len(),
        NetworkKind::ALL.len()
    );
}

#[test]
fn an_unknown_name_is_told_the_known_ones() {
    let error = "sctp".parse::<NetworkKind>().unwrap_err();
    assert_eq!(
        error.to_string(),
        "parse: unknown network \"sctp\", expected one of \
         tcp, tcp4, tcp6, udp, udp4, udp6, unix, unixgram"
    );
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert_eq!(error.operation(), Operation::Parse);
}

#[test]
fn only_the_exact_names_are_known() {
    for name in [
        "",
        "TCP",
        "Tcp",
        " tcp",
        "tcp ",
        "tcp5",
        "tc",
        "tcp4,tcp6",
        "unixpacket",
        "ip",
        "tcp\0",
    ] {
        let error = name.parse::<NetworkKind>().unwrap_err();
        let quoted = format!("{name:?}");
        assert!(error.to_string().contains(&quoted), "{error}");
    }
}

#[test]
fn each_network_is_what_it_is() {
    // network, stream, unix, IPv4, IPv6
    let table = [
        (NetworkKind::Tcp, true, false, true, true),
        (NetworkKind::Tcp4, true, false, true, false),
        (NetworkKind::Tcp6, true, false, false, true),
        (NetworkKind::Udp, false, false, true, true),
        (NetworkKind::Udp4, false, false, true, false),
        (NetworkKind::Udp6, false, false, false, true),
        (NetworkKind::Unix, true, true, false, false),
        (NetworkKind::Unixgram, false, true, false, false),
    ];
    assert_eq!(table.map(|row| row.0), NetworkKind::ALL);
    for (network, stream, unix, v4, v6) in table {
        assert_eq!(network.is_stream(), stream, "{network} is a stream");
        assert_eq!(network.is_unix(), unix, "{network} is of Unix");
        assert_eq!(network.allows_ipv4(), v4, "{network} has IPv4");
        assert_eq!(network.allows_ipv6(), v6, "{network} has IPv6");
    }
}

#[test]
fn a_name_pads_in_a_table() {
    assert_eq!(format!("[{:>6}]", NetworkKind::Tcp), "[   tcp]");
}
