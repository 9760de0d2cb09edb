//! On which addresses a listener is tried.

use std::io::ErrorKind;

use net_traits::{Listener, Operation, SocketOption};

use crate::fake::{Answer, Fake, at};

const UNSUPPORTED: Answer = Answer::Fail(0, ErrorKind::Unsupported);
const IN_USE: Answer = Answer::Fail(0, ErrorKind::AddrInUse);

#[tokio::test(start_paused = true)]
async fn an_empty_host_is_all_addresses_of_both_families() {
    let fake = Fake::new();
    let listener = fake.net().listen("tcp", ":0").await.unwrap();
    assert_eq!(listener.local_addr().unwrap(), at("[::]:0"));
    assert_eq!(fake.calls(), ["listen [::]:0"]);
}

#[tokio::test(start_paused = true)]
async fn an_empty_host_is_all_of_ipv4_where_there_is_no_ipv6() {
    for kind in [
        ErrorKind::Unsupported,
        ErrorKind::AddrNotAvailable,
        ErrorKind::InvalidInput,
        // How some hosts say it.
        ErrorKind::Other,
    ] {
        let fake = Fake::new().answer("[::]:0", Answer::Fail(0, kind));
        let listener = fake.net().listen("tcp", ":0").await.unwrap();
        assert_eq!(listener.local_addr().unwrap(), at("0.0.0.0:0"));
        assert_eq!(fake.calls(), ["listen [::]:0", "listen 0.0.0.0:0"]);
    }
}

#[tokio::test(start_paused = true)]
async fn when_neither_family_listens_both_are_told() {
    let fake = Fake::new()
        .answer("[::]:80", UNSUPPORTED)
        .answer("0.0.0.0:80", IN_USE);
    let error = fake.net().listen("tcp", ":80").await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "listen tcp :80: [::]:80: unsupported; 0.0.0.0:80: address in use"
    );
    assert_eq!(error.operation(), Operation::Listen);
}

/// "`:port` takes IPv4 and IPv6 where the host has both": a port that another
/// program has is an error, and not half a listener.
#[tokio::test(start_paused = true)]
async fn a_port_in_use_is_not_taken_in_one_family_alone() {
    for (kind, cause) in [
        (ErrorKind::AddrInUse, "address in use"),
        (ErrorKind::PermissionDenied, "permission denied"),
    ] {
        let fake = Fake::new().answer("[::]:80", Answer::Fail(0, kind));
        let error = match fake.net().listen("tcp", ":80").await {
            Ok(listener) => panic!("listens on {} alone", listener.local_addr().unwrap()),
            Err(error) => error,
        };
        assert_eq!(error.kind(), kind);
        assert_eq!(
            error.to_string(),
            format!("listen tcp :80 ([::]:80): {cause}")
        );
        assert_eq!(fake.calls(), ["listen [::]:80"]);
    }
}

#[tokio::test(start_paused = true)]
async fn listening_on_all_addresses_is_not_listening_on_this_machine_alone() {
    for (network, typed) in [
        ("tcp", "0.0.0.0:80"),
        ("tcp4", "0.0.0.0:80"),
        ("tcp", "[::]:80"),
        ("tcp6", "[::]:80"),
    ] {
        let fake = Fake::new();
        let listener = fake.net().listen(network, typed).await.unwrap();
        assert_eq!(listener.local_addr().unwrap(), at(typed));
        assert_eq!(fake.calls(), [format!("listen {typed}")]);
    }
}

#[tokio::test(start_paused = true)]
async fn an_empty_host_is_all_addresses_of_the_network_s_family() {
    let fake = Fake::new();
    fake.net().listen("tcp4", ":80").await.unwrap();
    assert_eq!(fake.calls(), ["listen 0.0.0.0:80"]);
    fake.net().listen("tcp6", ":80").await.unwrap();
    assert_eq!(fake.calls(), ["listen [::]:80"]);
}

#[tokio::test(start_paused = true)]
async fn a_literal_address_is_listened_on_as_it_is() {
    for (typed, tried) in [
        ("127.0.0.1:80", "127.0.0.1:80"),
        ("0.0.0.0:80", "0.0.0.0:80"),
        ("[::1]:0", "[::1]:0"),
        ("[fe80::1%2]:80", "[fe80::1%2]:80"),
        ("127.0.0.1:http", "127.0.0.1:80"),
    ] {
        let fake = Fake::new();
        fake.net().listen("tcp", typed).await.unwrap();
        assert_eq!(fake.calls(), [format!("listen {tried}")]);
    }
}

#[tokio::test(start_paused = true)]
async fn listening_on_localhost_stays_on_this_machine() {
    let fake = Fake::new();
    fake.net().listen("tcp", "localhost:80").await.unwrap();
    assert_eq!(fake.calls(), ["listen 127.0.0.1:80"]);
    fake.net().listen("tcp6", "localhost:80").await.unwrap();
    assert_eq!(fake.calls(), ["listen [::1]:80"]);
}

#[tokio::test(start_paused = true)]
async fn a_name_is_looked_up_to_listen_on_it() {
    let fake = Fake::new()
        .name("h.test", &["192.0.2.1", "192.0.2.2"])
        .answer("192.0.2.1:80", Answer::Fail(0, ErrorKind::AddrNotAvailable));
    fake.net().listen("tcp", "h.test:80").await.unwrap();
    assert_eq!(
        fake.calls(),
        [
            "lookup h.test",
            "listen 192.0.2.1:80",
            "listen 192.0.2.2:80"
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_failed_listen_names_the_network_and_the_address() {
    let fake = Fake::new().answer("127.0.0.1:80", IN_USE);
    let error = fake.net().listen("tcp4", "127.0.0.1:80").await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "listen tcp4 127.0.0.1:80: address in use"
    );
    assert_eq!(error.kind(), ErrorKind::AddrInUse);
    assert_eq!(error.operation(), Operation::Listen);
    assert_eq!(error.network(), Some("tcp4"));
    assert_eq!(error.address(), Some("127.0.0.1:80"));
}

#[tokio::test(start_paused = true)]
async fn tcp6_on_all_addresses_is_ipv6_alone() {
    for address in [":0", "[::]:0"] {
        let fake = Fake::new();
        fake.net().listen("tcp6", address).await.unwrap();
        assert_eq!(fake.options(), [SocketOption::V6Only(true)]);
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_said_about_ipv6_alone_wins() {
    for on in [false, true] {
        let fake = Fake::new();
        let net = fake.net().with_option(SocketOption::V6Only(on));
        net.listen("tcp6", ":0").await.unwrap();
        assert_eq!(fake.options(), [SocketOption::V6Only(on)]);
    }
}

#[tokio::test(start_paused = true)]
async fn ipv6_alone_is_asked_for_only_where_it_matters() {
    for (network, address) in [
        ("tcp", ":0"),
        ("tcp", "[::]:0"),
        ("tcp4", ":0"),
        ("tcp6", "[::1]:0"),
        ("tcp6", "localhost:0"),
    ] {
        let fake = Fake::new();
        fake.net().listen(network, address).await.unwrap();
        assert_eq!(fake.options(), [], "{network} {address}");
    }
}
