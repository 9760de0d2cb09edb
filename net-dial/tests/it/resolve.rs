//! What the text of an address stands for.

use std::io::ErrorKind;

use net_traits::Stream;

use crate::fake::{Fake, REFUSED};

/// Dials and gives what was tried.
async fn tried(network: &str, address: &str) -> Vec<String> {
    let fake = Fake::new().name("h", &["192.0.2.1"]);
    fake.net()
        .dial(network, address)
        .await
        .unwrap_or_else(|error| panic!("{error}"));
    fake.calls()
}

/// Dials in vain and gives the message; nothing must have been asked.
async fn refusal(network: &str, address: &str) -> String {
    let fake = Fake::new();
    let error = fake.net().dial(network, address).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
    assert!(fake.calls().is_empty(), "{error}");
    error.to_string()
}

#[tokio::test(start_paused = true)]
async fn an_empty_host_is_this_machine_first_by_ipv4() {
    let fake = Fake::new().answer("127.0.0.1:80", REFUSED);
    let stream = fake.net().dial("tcp", ":80").await.unwrap();
    assert!(stream.peer_addr().unwrap().ip().unwrap().is_loopback());
    assert_eq!(fake.calls(), ["connect 127.0.0.1:80", "connect [::1]:80"]);
}

#[tokio::test(start_paused = true)]
async fn an_empty_host_is_this_machine_in_the_network_s_family() {
    assert_eq!(tried("tcp4", ":80").await, ["connect 127.0.0.1:80"]);
    assert_eq!(tried("tcp6", ":80").await, ["connect [::1]:80"]);
    assert_eq!(tried("tcp6", "localhost:80").await, ["connect [::1]:80"]);
}

#[tokio::test(start_paused = true)]
async fn an_address_of_the_other_family_is_refused() {
    assert_eq!(
        refusal("tcp6", "127.0.0.1:80").await,
        "dial tcp6 127.0.0.1:80: 127.0.0.1 is not an address of tcp6"
    );
    assert_eq!(
        refusal("tcp4", "[::1]:80").await,
        "dial tcp4 [::1]:80: ::1 is not an address of tcp4"
    );
    assert_eq!(
        refusal("tcp4", "[fe80::1%2]:80").await,
        "dial tcp4 [fe80::1%2]:80: fe80::1 is not an address of tcp4"
    );
    // Since it would be IPv4 on the wire, as in Go.
    assert!(
        refusal("tcp6", "[::ffff:127.0.0.1]:80")
            .await
            .ends_with("is not an address of tcp6")
    );
}

#[tokio::test(start_paused = true)]
async fn an_address_of_the_right_family_is_taken() {
    assert_eq!(
        tried("tcp4", "127.0.0.1:80").await,
        ["connect 127.0.0.1:80"]
    );
    assert_eq!(tried("tcp6", "[::1]:80").await, ["connect [::1]:80"]);
    assert_eq!(
        tried("tcp4", "[::ffff:127.0.0.1]:80").await,
        ["connect 127.0.0.1:80"]
    );
}

#[tokio::test(start_paused = true)]
async fn a_zone_is_an_index() {
    assert_eq!(
        tried("tcp", "[fe80::1%2]:80").await,
        ["connect [fe80::1%2]:80"]
    );
    assert_eq!(
        tried("tcp", "[fe80::1%4294967295]:80").await,
        ["connect [fe80::1%4294967295]:80"]
    );
}

#[tokio::test(start_paused = true)]
async fn a_zone_that_is_no_index_is_refused() {
    for zone in ["eth0", "4294967296", "-1", "2 ", "0x2"] {
        let address = format!("[fe80::1%{zone}]:80");
        assert_eq!(
            refusal("tcp", &address).await,
            format!(
                "dial tcp {address}: zone {zone:?} is not an interface's index \
                 (names are not supported)"
            )
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_service_is_its_port_whatever_the_case() {
    for (service, port) in [
        ("http", 80),
        ("HTTP", 80),
        ("https", 443),
        ("domain", 53),
        ("ssh", 22),
        ("smtp", 25),
        ("submission", 587),
        ("http-alt", 8080),
        ("PostgreSQL", 5432),
        ("mysql", 3306),
        ("redis", 6379),
        ("amqp", 5672),
        ("mqtt", 1883),
        ("ldaps", 636),
        ("git", 9418),
    ] {
        assert_eq!(
            tried("tcp", &format!("127.0.0.1:{service}")).await,
            [format!("connect 127.0.0.1:{port}")]
        );
    }
}

#[tokio::test(start_paused = true)]
async fn an_unknown_service_is_refused_before_any_lookup() {
    assert_eq!(
        refusal("tcp", "h:nosuch").await,
        "dial tcp h:nosuch: unknown service \"nosuch\", expected a port number"
    );
}

#[tokio::test(start_paused = true)]
async fn ports_are_numbers() {
    for (typed, port) in [("h:1", 1), ("h:65535", 65535), ("h:00080", 80), ("h:", 0)] {
        assert_eq!(
            tried("tcp", typed).await,
            ["lookup h".to_owned(), format!("connect 192.0.2.1:{port}")]
        );
    }
    assert_eq!(
        refusal("tcp", "h:65536").await,
        "dial tcp h:65536: address \"h:65536\": port 65536 is not in 0 to 65535, \
         expected host:port"
    );
}

#[tokio::test(start_paused = true)]
async fn what_is_no_address_is_refused() {
    assert_eq!(
        refusal("tcp", "localhost").await,
        "dial tcp localhost: address \"localhost\": missing port, expected host:port"
    );
    assert_eq!(
        refusal("tcp", "::1:80").await,
        "dial tcp ::1:80: address \"::1:80\": too many colons \
         (an IPv6 address needs brackets), expected host:port"
    );
    assert_eq!(
        refusal("tcp", "").await,
        "dial tcp: address \"\": missing port, expected host:port"
    );
    refusal("tcp", "/run/app.sock").await;
}
