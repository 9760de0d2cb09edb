//! What is wrong with a question is said, together with what would be right.

use std::io::ErrorKind;

use net_traits::{Error, Operation};

use crate::fake::Fake;

fn check(error: &Error, operation: Operation, message: &str) {
    assert_eq!(error.to_string(), message);
    assert_eq!(error.operation(), operation);
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert!(error.network().is_some());
    assert!(error.address().is_some());
}

#[tokio::test(start_paused = true)]
async fn an_unknown_network_is_told_the_known_ones() {
    let net = Fake::new().net();
    let known = "tcp, tcp4, tcp6, udp, udp4, udp6, unix, unixgram";
    check(
        &net.dial("sctp", "h:1").await.unwrap_err(),
        Operation::Dial,
        &format!("dial sctp h:1: unknown network \"sctp\", expected one of {known}"),
    );
    check(
        &net.listen("TCP", "h:1").await.unwrap_err(),
        Operation::Listen,
        &format!("listen TCP h:1: unknown network \"TCP\", expected one of {known}"),
    );
    check(
        &net.listen_packet("ip", "h:1").await.unwrap_err(),
        Operation::ListenPacket,
        &format!("listen for packets ip h:1: unknown network \"ip\", expected one of {known}"),
    );
}

#[tokio::test(start_paused = true)]
async fn a_stream_on_a_network_of_datagrams_is_shown_the_way() {
    let fake = Fake::new();
    for network in ["udp", "udp4", "udp6", "unixgram"] {
        let hint =
            format!("{network:?} is a network of datagrams, use listen_packet or dial_packet");
        check(
            &fake.net().dial(network, "h:53").await.unwrap_err(),
            Operation::Dial,
            &format!("dial {network} h:53: {hint}"),
        );
        check(
            &fake.net().listen(network, "h:53").await.unwrap_err(),
            Operation::Listen,
            &format!("listen {network} h:53: {hint}"),
        );
    }
    assert!(fake.calls().is_empty());
}

#[tokio::test(start_paused = true)]
async fn datagrams_on_a_network_of_streams_are_shown_the_way() {
    let fake = Fake::new();
    for network in ["tcp", "tcp4", "tcp6", "unix"] {
        let hint = format!("{network:?} is a network of streams, use listen or dial");
        check(
            &fake.net().dial_packet(network, "h:53").await.unwrap_err(),
            Operation::Dial,
            &format!("dial {network} h:53: {hint}"),
        );
        check(
            &fake.net().listen_packet(network, "h:53").await.unwrap_err(),
            Operation::ListenPacket,
            &format!("listen for packets {network} h:53: {hint}"),
        );
    }
    assert!(fake.calls().is_empty());
}
