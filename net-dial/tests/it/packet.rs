//! Sockets for datagrams.

use std::io::ErrorKind;

use net_traits::{Operation, PacketConn, SocketOption};

use crate::fake::{Answer, Fake, REFUSED, at};

#[tokio::test(start_paused = true)]
async fn a_socket_is_bound_on_an_address() {
    for (network, typed, tried) in [
        ("udp", "127.0.0.1:53", "127.0.0.1:53"),
        ("udp", "127.0.0.1:domain", "127.0.0.1:53"),
        ("udp", ":53", "[::]:53"),
        ("udp4", ":53", "0.0.0.0:53"),
        ("udp6", ":53", "[::]:53"),
        ("udp", "localhost:53", "127.0.0.1:53"),
    ] {
        let fake = Fake::new();
        let socket = fake.net().listen_packet(network, typed).await.unwrap();
        assert_eq!(socket.local_addr().unwrap(), at(tried));
        socket.peer_addr().unwrap_err();
        assert_eq!(fake.calls(), [format!("bind {tried}")]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_socket_is_connected_to_an_address() {
    for (network, typed, tried) in [
        ("udp", "192.0.2.1:53", "192.0.2.1:53"),
        ("udp", "[fe80::1%2]:53", "[fe80::1%2]:53"),
        ("udp", ":53", "127.0.0.1:53"),
        ("udp6", ":53", "[::1]:53"),
        ("udp4", "localhost:ntp", "127.0.0.1:123"),
    ] {
        let fake = Fake::new();
        let socket = fake.net().dial_packet(network, typed).await.unwrap();
        assert_eq!(socket.peer_addr().unwrap(), at(tried));
        assert_eq!(fake.calls(), [format!("associate {tried}")]);
    }
}

#[tokio::test(start_paused = true)]
async fn all_addresses_are_those_of_ipv4_where_there_is_no_ipv6() {
    let fake = Fake::new().answer("[::]:53", Answer::Fail(0, ErrorKind::Unsupported));
    fake.net().listen_packet("udp", ":53").await.unwrap();
    assert_eq!(fake.calls(), ["bind [::]:53", "bind 0.0.0.0:53"]);
}

#[tokio::test(start_paused = true)]
async fn a_port_in_use_is_not_taken_in_one_family_alone() {
    for kind in [ErrorKind::AddrInUse, ErrorKind::PermissionDenied] {
        let fake = Fake::new().answer("[::]:53", Answer::Fail(0, kind));
        let error = fake.net().listen_packet("udp", ":53").await.unwrap_err();
        assert_eq!(error.kind(), kind);
        assert_eq!(fake.calls(), ["bind [::]:53"]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_name_s_addresses_are_tried_in_order() {
    let fake = Fake::new()
        .name("h.test", &["192.0.2.1", "2001:db8::1"])
        .answer(
            "192.0.2.1:53",
            Answer::Fail(0, ErrorKind::NetworkUnreachable),
        );
    fake.net().dial_packet("udp", "h.test:53").await.unwrap();
    assert_eq!(
        fake.calls(),
        [
            "lookup h.test",
            "associate 192.0.2.1:53",
            "associate [2001:db8::1]:53"
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn udp6_on_all_addresses_is_ipv6_alone() {
    let fake = Fake::new();
    fake.net().listen_packet("udp6", ":0").await.unwrap();
    assert_eq!(fake.options(), [SocketOption::V6Only(true)]);
    fake.net().listen_packet("udp", ":0").await.unwrap();
    assert_eq!(fake.options(), []);
    fake.net().dial_packet("udp6", ":1").await.unwrap();
    assert_eq!(fake.options(), []);
}

#[tokio::test(start_paused = true)]
async fn failures_name_what_was_asked_for() {
    let fake = Fake::new()
        .answer("127.0.0.1:53", Answer::Fail(0, ErrorKind::AddrInUse))
        .answer("192.0.2.1:53", REFUSED);
    let error = fake
        .net()
        .listen_packet("udp", "127.0.0.1:53")
        .await
        .unwrap_err();
    assert_eq!(error.operation(), Operation::ListenPacket);
    assert_eq!(
        error.to_string(),
        "listen for packets udp 127.0.0.1:53: address in use"
    );
    let error = fake
        .net()
        .dial_packet("udp4", "192.0.2.1:domain")
        .await
        .unwrap_err();
    assert_eq!(error.operation(), Operation::Dial);
    assert_eq!(
        error.to_string(),
        "dial udp4 192.0.2.1:domain (192.0.2.1:53): connection refused"
    );
}

#[tokio::test(start_paused = true)]
async fn an_address_of_the_other_family_is_refused() {
    let fake = Fake::new();
    let error = fake
        .net()
        .listen_packet("udp6", "0.0.0.0:53")
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "listen for packets udp6 0.0.0.0:53: 0.0.0.0 is not an address of udp6"
    );
    assert!(fake.calls().is_empty());
}
