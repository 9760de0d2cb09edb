//! Which names are looked up, and what comes of it.

use std::io::ErrorKind;
use std::time::Duration;

use net_traits::{Error, Family, Operation, Stream};

use crate::fake::{Answer, Fake, REFUSED, at, ips};

#[tokio::test(start_paused = true)]
async fn localhost_is_this_machine_without_a_lookup() {
    for name in [
        "localhost",
        "LOCALHOST",
        "LocalHost",
        "localhost.",
        "foo.localhost",
        "a.b.localhost.",
    ] {
        let fake = Fake::new();
        let address = format!("{name}:80");
        let stream = fake.net().dial("tcp", &address).await.unwrap();
        assert!(stream.peer_addr().unwrap().ip().unwrap().is_loopback());
        assert_eq!(fake.calls(), ["connect 127.0.0.1:80"], "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn localhost_has_both_families() {
    let fake = Fake::new()
        .answer("127.0.0.1:80", REFUSED)
        .answer("[::1]:80", REFUSED);
    let error = fake.net().dial("tcp", "localhost:80").await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "dial tcp localhost:80: 127.0.0.1:80: connection refused; [::1]:80: connection refused"
    );
}

#[tokio::test(start_paused = true)]
async fn a_name_that_only_resembles_localhost_is_looked_up() {
    for name in [
        "notlocalhost",
        "localhost.test",
        "localhost.localdomain",
        "localhos",
        "localhost..",
        "xlocalhost.",
        "ölocalhost",
        "localhost6",
    ] {
        let fake = Fake::new().name(name, &["192.0.2.1"]);
        let address = format!("{name}:80");
        fake.net().dial("tcp", &address).await.unwrap();
        assert_eq!(
            fake.calls(),
            [format!("lookup {name}"), "connect 192.0.2.1:80".to_owned()]
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_name_is_looked_up_as_it_was_typed() {
    for name in ["Example.COM", "example.com.", "bücher.example", "a_b"] {
        let fake = Fake::new().name(name, &["192.0.2.1"]);
        let address = format!("{name}:80");
        fake.net().dial("tcp", &address).await.unwrap();
        assert_eq!(fake.calls()[0], format!("lookup {name}"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_literal_address_is_not_looked_up() {
    for (typed, tried) in [
        ("192.0.2.1:80", "192.0.2.1:80"),
        ("[192.0.2.1]:80", "192.0.2.1:80"),
        ("[2001:db8:0::1]:80", "[2001:db8::1]:80"),
        ("[::ffff:192.0.2.1]:80", "192.0.2.1:80"),
    ] {
        let fake = Fake::new();
        fake.net().dial("tcp", typed).await.unwrap();
        assert_eq!(fake.calls(), [format!("connect {tried}")]);
    }
}

#[tokio::test(start_paused = true)]
async fn an_unknown_name_fails_as_the_resolver_did() {
    let fake = Fake::new();
    let error = fake.net().dial("tcp", "nosuch.test:80").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert_eq!(error.address(), Some("nosuch.test:80"));
    assert_eq!(
        error.to_string(),
        "dial tcp nosuch.test:80: lookup nosuch.test: entity not found"
    );
    assert_eq!(error.operation(), Operation::Dial);
    assert_eq!(error.network(), Some("tcp"));
    assert_eq!(error.endpoint(), None);
    assert_eq!(fake.calls(), ["lookup nosuch.test"]);
}

#[tokio::test(start_paused = true)]
async fn whatever_is_to_be_opened_names_the_lookup_that_failed() {
    let net = Fake::new().net();
    let cause = "lookup nosuch.test: entity not found";
    let error = net.listen("tcp4", "nosuch.test:80").await.unwrap_err();
    assert_eq!(error.operation(), Operation::Listen);
    assert_eq!(
        error.to_string(),
        format!("listen tcp4 nosuch.test:80: {cause}")
    );
    let error = net
        .listen_packet("udp", "nosuch.test:ntp")
        .await
        .unwrap_err();
    assert_eq!(error.operation(), Operation::ListenPacket);
    assert_eq!(
        error.to_string(),
        format!("listen for packets udp nosuch.test:ntp: {cause}")
    );
    let error = net.dial_packet("udp6", "nosuch.test:53").await.unwrap_err();
    assert_eq!(error.operation(), Operation::Dial);
    assert_eq!(
        error.to_string(),
        format!("dial udp6 nosuch.test:53: {cause}")
    );
}

/// It is found with the name that was asked for.
#[tokio::test(start_paused = true)]
async fn the_lookup_that_failed_is_in_the_chain_of_causes() {
    let fake =
        Fake::new()
            .name("four.test", &["192.0.2.1"])
            .name_answer("never.test", Answer::Never, &[]);
    let net = fake.net().with_timeout(Duration::from_millis(500));
    for (name, kind) in [
        ("nosuch.test", ErrorKind::NotFound),
        ("four.test", ErrorKind::AddrNotAvailable),
        ("never.test", ErrorKind::TimedOut),
    ] {
        let address = format!("{name}:80");
        let error = net.dial("tcp6", &address).await.unwrap_err();
        assert_eq!(error.kind(), kind);
        assert_eq!(error.is_timeout(), kind == ErrorKind::TimedOut);

        let lookup = error.downcast_ref::<Error>().unwrap();
        assert_eq!(lookup.operation(), Operation::Lookup);
        assert_eq!(lookup.address(), Some(name));
        assert_eq!(lookup.kind(), kind);
    }
}

#[tokio::test(start_paused = true)]
async fn a_failing_resolver_is_told() {
    let fake = Fake::new().name_answer("h.test", Answer::Fail(10, ErrorKind::ConnectionReset), &[]);
    let error = fake.net().dial("tcp", "h.test:80").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    assert_eq!(
        error.to_string(),
        "dial tcp h.test:80: lookup h.test: connection reset"
    );
}

#[tokio::test(start_paused = true)]
async fn a_name_without_any_address_is_an_error() {
    let fake = Fake::new().name("h.test", &[]);
    let error = fake.net().dial("tcp", "h.test:80").await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "dial tcp h.test:80: lookup h.test: no address for tcp"
    );
    assert_eq!(error.kind(), ErrorKind::AddrNotAvailable);
}

#[tokio::test(start_paused = true)]
async fn a_network_of_one_family_takes_the_addresses_of_that_family() {
    let names = ["192.0.2.1", "2001:db8::1", "192.0.2.2", "2001:db8::2"];
    for (network, first, second) in [
        ("tcp4", "192.0.2.1:80", "192.0.2.2:80"),
        ("tcp6", "[2001:db8::1]:80", "[2001:db8::2]:80"),
    ] {
        let fake = Fake::new().name("h.test", &names).answer(first, REFUSED);
        fake.net().dial(network, "h.test:80").await.unwrap();
        assert_eq!(
            fake.calls(),
            [
                "lookup h.test".to_owned(),
                format!("connect {first}"),
                format!("connect {second}")
            ]
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_name_with_no_address_of_the_family_is_an_error_that_says_so() {
    let fake = Fake::new()
        .name("four.test", &["192.0.2.1"])
        .name("six.test", &["2001:db8::1"]);
    for (network, name) in [("tcp6", "four.test"), ("tcp4", "six.test")] {
        let address = format!("{name}:80");
        let error = fake.net().dial(network, &address).await.unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("dial {network} {address}: lookup {name}: no address for {network}")
        );
        assert_eq!(error.kind(), ErrorKind::AddrNotAvailable);
        assert_eq!(error.operation(), Operation::Dial);
    }
    assert_eq!(fake.calls(), ["lookup four.test", "lookup six.test"]);
}

/// An AAAA record may hold a v4-mapped address, and stands for IPv4 then, as
/// it does where it is typed.
#[tokio::test(start_paused = true)]
async fn a_v4_mapped_address_of_a_name_is_one_of_ipv4() {
    let fake = Fake::new().name("h.test", &["::ffff:192.0.2.1"]);
    let stream = fake.net().dial("tcp", "h.test:80").await.unwrap();
    assert_eq!(stream.peer_addr().unwrap(), at("192.0.2.1:80"));
    let stream = fake.net().dial("tcp4", "h.test:80").await.unwrap();
    assert_eq!(stream.peer_addr().unwrap(), at("192.0.2.1:80"));
}

#[tokio::test(start_paused = true)]
async fn tcp6_never_connects_over_ipv4() {
    let fake = Fake::new().name("h.test", &["::ffff:192.0.2.1"]);
    let error = match fake.net().dial("tcp6", "h.test:80").await {
        Ok(stream) => panic!("connected to {}", stream.peer_addr().unwrap()),
        Err(error) => error,
    };
    assert_eq!(error.kind(), ErrorKind::AddrNotAvailable);
    assert_eq!(
        error.to_string(),
        "dial tcp6 h.test:80: lookup h.test: no address for tcp6"
    );
}

#[tokio::test(start_paused = true)]
async fn a_v4_mapped_address_among_others_keeps_its_place() {
    let names = ["2001:db8::1", "::ffff:192.0.2.1", "192.0.2.2"];
    for (network, tried) in [
        (
            "tcp",
            vec!["[2001:db8::1]:80", "192.0.2.1:80", "192.0.2.2:80"],
        ),
        ("tcp4", vec!["192.0.2.1:80", "192.0.2.2:80"]),
        ("tcp6", vec!["[2001:db8::1]:80"]),
    ] {
        let fake = tried
            .iter()
            .fold(Fake::new().name("h.test", &names), |fake, endpoint| {
                fake.answer(endpoint, REFUSED)
            });
        fake.net().dial(network, "h.test:80").await.unwrap_err();
        let connects: Vec<_> = tried.iter().map(|to| format!("connect {to}")).collect();
        assert_eq!(fake.calls()[1..], connects, "{network}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_lookup_of_this_machine_asks_nobody() {
    let fake = Fake::new();
    for name in ["localhost", "LocalHost", "localhost.", "a.b.localhost"] {
        let found = fake.net().lookup(name).await.unwrap();
        assert_eq!(found, ips(&["127.0.0.1", "::1"]), "{name}");
    }
    assert!(fake.calls().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_lookup_of_a_literal_address_gives_it_and_asks_nobody() {
    let fake = Fake::new();
    for literal in ["192.0.2.1", "0.0.0.0", "::", "2001:db8:0::1"] {
        let found = fake.net().lookup(literal).await.unwrap();
        assert_eq!(found, ips(&[literal]));
    }
    assert!(fake.calls().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_lookup_of_what_can_be_no_name_asks_nobody() {
    let fake = Fake::new();
    for (text, message) in [
        ("a\nb", "lookup a\\nb: a host name cannot contain '\\n'"),
        ("", "lookup \"\": empty name"),
        ("127.1", "lookup 127.1: \"127.1\" is not an IPv4 address"),
        ("a b", "lookup a b: a host name cannot contain ' '"),
        ("1:2", "lookup 1:2: \"1:2\" is not an IPv6 address"),
    ] {
        let error = fake.net().lookup(text).await.unwrap_err();
        assert_eq!(error.to_string(), message);
        assert_eq!(error.address(), Some(text));
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
    }
    assert!(fake.calls().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_lookup_gives_the_addresses_in_order() {
    let texts = ["192.0.2.2", "2001:db8::1", "192.0.2.1"];
    let fake = Fake::new().name("h.test", &texts);
    assert_eq!(fake.net().lookup("h.test").await.unwrap(), ips(&texts));
}

#[tokio::test(start_paused = true)]
async fn a_lookup_of_an_unknown_name_names_it() {
    let error = Fake::new().net().lookup("nosuch.test").await.unwrap_err();
    assert_eq!(error.operation(), Operation::Lookup);
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert_eq!(error.to_string(), "lookup nosuch.test: entity not found");
}

#[tokio::test(start_paused = true)]
async fn a_lookup_keeps_to_the_family_of_the_network() {
    let fake = Fake::new().name("h.test", &["192.0.2.1", "2001:db8::1"]);
    for (family, localhost, named, other) in [
        (Family::V4, "127.0.0.1", "192.0.2.1", "::1"),
        (Family::V6, "::1", "2001:db8::1", "127.0.0.1"),
    ] {
        let net = fake.net().with_family(family);
        assert_eq!(net.lookup("localhost").await.unwrap(), ips(&[localhost]));
        assert_eq!(net.lookup("h.test").await.unwrap(), ips(&[named]));
        assert_eq!(net.lookup(localhost).await.unwrap(), ips(&[localhost]));
        let error = net.lookup(other).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
    }
}

/// An `IpAddr` has no room for a zone, and without it the address is another one.
#[tokio::test(start_paused = true)]
async fn a_lookup_does_not_drop_a_zone() {
    let net = Fake::new().net();
    let error = net.lookup("fe80::1%eth0").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert_eq!(error.operation(), Operation::Lookup);
    assert_eq!(error.address(), Some("fe80::1%eth0"));
}

#[tokio::test(start_paused = true)]
async fn a_lookup_gives_the_addresses_in_the_order_of_a_dial() {
    let fake = Fake::new()
        .name("h.test", &["192.0.2.1", "2001:db8::1"])
        .source("192.0.2.1", "192.0.2.2")
        .source("2001:db8::1", "2001:db8::2");
    let found = fake.net().lookup("h.test").await.unwrap();
    assert_eq!(found, ips(&["2001:db8::1", "192.0.2.1"]));
}
