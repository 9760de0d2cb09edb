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
async fn a_zone_is_an_interface_s_name() {
    assert_eq!(
        tried("tcp", "[fe80::1%eth0]:80").await,
        ["connect [fe80::1%2]:80"]
    );
}

#[tokio::test(start_paused = true)]
async fn a_zone_that_is_no_interface_is_told() {
    for zone in ["eth9", "-1", "0x2", "2.0", "_", "~1"] {
        let fake = Fake::new();
        let address = format!("[fe80::1%{zone}]:80");
        let error = fake.net().dial("tcp", &address).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        assert_eq!(
            error.to_string(),
            format!("dial tcp {address}: zone {zone:?}: no such interface")
        );
        assert!(fake.calls().is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn a_zone_that_is_too_great_an_index_is_refused() {
    assert_eq!(
        refusal("tcp", "[fe80::1%4294967296]:80").await,
        "dial tcp [fe80::1%4294967296]:80: \
         zone \"4294967296\" is not an interface's index"
    );
}

#[tokio::test(start_paused = true)]
async fn a_zone_of_odd_characters_is_refused() {
    for zone in ["", "2 ", "+1", "a%b", "a/b", "é", "２"] {
        let address = format!("[fe80::1%{zone}]:80");
        assert_eq!(
            refusal("tcp", &address).await,
            format!("dial tcp {address}: invalid zone {zone:?}, expected host:port")
        );
    }
}

#[tokio::test(start_paused = true)]
async fn an_ipv4_address_has_no_zone() {
    for network in ["tcp", "tcp4", "tcp6"] {
        assert_eq!(
            refusal(network, "[::ffff:192.0.2.1%2]:80").await,
            format!(
                "dial {network} [::ffff:192.0.2.1%2]:80: an IPv4 address has no zone, \
                 expected host:port"
            )
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_number_is_never_looked_up_as_a_name() {
    for host in ["1", "127.1", "0x7f.1", "256.0.0.1", "1.2.3.4.", "0x"] {
        let address = format!("{host}:80");
        assert_eq!(
            refusal("tcp", &address).await,
            format!("dial tcp {address}: {host:?} is not an IPv4 address, expected host:port")
        );
    }
}

/// As in Go: nobody has the address that stands for all.
#[tokio::test(start_paused = true)]
async fn dialing_all_addresses_is_dialing_this_machine_in_their_family() {
    for (network, typed, dialed) in [
        ("tcp", "0.0.0.0:80", "127.0.0.1:80"),
        ("tcp4", "0.0.0.0:http", "127.0.0.1:80"),
        ("tcp", "[::]:80", "[::1]:80"),
        ("tcp6", "[::]:80", "[::1]:80"),
        ("tcp6", "[0:0::0]:80", "[::1]:80"),
    ] {
        assert_eq!(
            tried(network, typed).await,
            [format!("connect {dialed}")],
            "{network} {typed}"
        );
    }
    let fake = Fake::new();
    fake.net().dial_packet("udp", "0.0.0.0:53").await.unwrap();
    fake.net().dial_packet("udp6", "[::]:53").await.unwrap();
    assert_eq!(
        fake.calls(),
        ["associate 127.0.0.1:53", "associate [::1]:53"]
    );
}

#[tokio::test(start_paused = true)]
async fn only_the_family_that_was_typed_is_dialed() {
    let fake = Fake::new().answer("127.0.0.1:80", REFUSED);
    let error = fake.net().dial("tcp", "0.0.0.0:80").await.unwrap_err();
    assert_eq!(fake.calls(), ["connect 127.0.0.1:80"]);
    assert_eq!(
        error.to_string(),
        "dial tcp 0.0.0.0:80 (127.0.0.1:80): connection refused"
    );
}

/// It stands for 0.0.0.0, as any mapped address does for its IPv4 one.
#[tokio::test(start_paused = true)]
async fn dialing_all_mapped_addresses_is_dialing_this_machine_by_ipv4() {
    assert_eq!(
        tried("tcp", "[::ffff:0.0.0.0]:80").await,
        ["connect 127.0.0.1:80"]
    );
}

/// A literal: nothing is looked up, and the message does not say so.
#[tokio::test(start_paused = true)]
async fn dialing_all_addresses_of_the_other_family_is_refused() {
    assert!(
        refusal("tcp6", "0.0.0.0:80")
            .await
            .ends_with("is not an address of tcp6")
    );
    assert!(
        refusal("tcp4", "[::]:80")
            .await
            .ends_with("is not an address of tcp4")
    );
}

/// The zone is not dropped in silence.
#[tokio::test(start_paused = true)]
async fn a_zone_of_all_addresses_is_read_as_that_of_any_other() {
    let error = Fake::new().net().dial("tcp", "[::%eth9]:80").await;
    let message = error.unwrap_err().to_string();
    assert!(message.contains("zone \"eth9\": no such interface"));
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
        "dial tcp h:65536: port 65536 is not in 0 to 65535, expected host:port"
    );
}

#[tokio::test(start_paused = true)]
async fn what_is_no_address_is_refused() {
    assert_eq!(
        refusal("tcp", "localhost").await,
        "dial tcp localhost: missing port, expected host:port"
    );
    assert_eq!(
        refusal("tcp", "::1:80").await,
        "dial tcp ::1:80: too many colons (an IPv6 address needs brackets), expected host:port"
    );
    assert_eq!(
        refusal("tcp", "").await,
        "dial tcp \"\": missing port, expected host:port"
    );
    assert_eq!(
        refusal("tcp", "a\nb").await,
        "dial tcp a\\nb: missing port, expected host:port"
    );
    refusal("tcp", "/run/app.sock").await;
}

#[tokio::test(start_paused = true)]
async fn the_port_of_a_service_is_found_by_its_name() {
    let net = Fake::new().net();
    for (service, port) in [("https", 443), ("Domain", 53), ("8080", 8080), ("", 0)] {
        assert_eq!(net.lookup_port("tcp", service).unwrap(), port);
    }
    let error = net.lookup_port("tcp", "nosuch-service").unwrap_err();
    assert_eq!(
        error.to_string(),
        "lookup tcp nosuch-service: unknown service \"nosuch-service\", expected a port number"
    );
    let error = net.lookup_port("tcp", "99999").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    net.lookup_port("sctp", "http").unwrap_err();
}
