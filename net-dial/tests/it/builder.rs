//! How a network dials, as its `with_` methods say.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use net_traits::{Control, Endpoint, Family, KeepAlive, SocketOption, Stream, Timer, UnixAddress};

use crate::fake::{Answer, Fake, at};

fn local(text: &str) -> Endpoint {
    match text.parse::<SocketAddr>() {
        Ok(address) => address.into(),
        Err(_) => text.parse::<UnixAddress>().unwrap().into(),
    }
}

/// Dials from a local address and gives what was called, or the error.
async fn dialed(network: &str, address: &str, from: &str) -> Result<Vec<String>, String> {
    let fake = Fake::new();
    let net = fake.net().with_local_addr(local(from));
    match net.dial(network, address).await {
        Ok(_) => Ok(fake.calls()),
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
            assert!(fake.calls().is_empty());
            Err(error.to_string())
        }
    }
}

/// The cases of Go's `TestDialerLocalAddr`, but for those of another
/// transport, which an endpoint does not name.
#[tokio::test(start_paused = true)]
async fn a_local_address_fits_or_is_refused() {
    const LOCAL4: &str = "127.0.0.1:80";
    const LOCAL6: &str = "[::1]:80";
    const UNIX: &str = "/run/a";
    for (network, remote, from, expected) in [
        ("tcp4", LOCAL4, "0.0.0.0:0", Some("0.0.0.0:0")),
        ("tcp4", LOCAL4, "[::]:0", None),
        ("tcp4", LOCAL4, "127.0.0.1:0", Some("127.0.0.1:0")),
        ("tcp4", LOCAL4, "[::ffff:127.0.0.1]:0", Some("127.0.0.1:0")),
        ("tcp4", LOCAL4, "[::1]:0", None),
        ("tcp4", LOCAL4, UNIX, None),
        ("tcp6", LOCAL6, "0.0.0.0:0", Some("[::]:0")),
        ("tcp6", LOCAL6, "[::]:0", Some("[::]:0")),
        ("tcp6", LOCAL6, "127.0.0.1:0", None),
        ("tcp6", LOCAL6, "[::1]:0", Some("[::1]:0")),
        ("tcp6", LOCAL6, UNIX, None),
        ("tcp", LOCAL4, "0.0.0.0:7", Some("0.0.0.0:7")),
        ("tcp", LOCAL4, "127.0.0.1:7", Some("127.0.0.1:7")),
        ("tcp", LOCAL4, "[::1]:0", None),
        ("tcp", LOCAL4, "[::]:7", Some("0.0.0.0:7")),
        ("tcp", LOCAL4, UNIX, None),
        ("tcp", LOCAL6, "0.0.0.0:7", Some("[::]:7")),
        ("tcp", LOCAL6, "[::]:7", Some("[::]:7")),
        ("tcp", LOCAL6, "127.0.0.1:7", None),
        ("tcp", LOCAL6, "[::1]:7", Some("[::1]:7")),
        ("tcp", LOCAL6, UNIX, None),
        ("unix", "/run/b", UNIX, Some(UNIX)),
        ("unix", "/run/b", "127.0.0.1:0", None),
    ] {
        let calls = dialed(network, remote, from).await;
        let expected = expected.map(|local| vec![format!("from {local} connect {remote}")]);
        assert_eq!(
            calls.clone().ok(),
            expected,
            "{network} {remote} {from}: {calls:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_local_address_that_does_not_fit_is_told() {
    assert_eq!(
        dialed("tcp4", "127.0.0.1:80", "[::1]:0").await.unwrap_err(),
        "dial tcp4 127.0.0.1:80: the local address [::1]:0 is not an address of tcp4"
    );
    assert_eq!(
        dialed("tcp", "127.0.0.1:80", "[::1]:0").await.unwrap_err(),
        "dial tcp 127.0.0.1:80: the local address [::1]:0 is of another family"
    );
    assert_eq!(
        dialed("tcp", "127.0.0.1:80", "/run/a").await.unwrap_err(),
        "dial tcp 127.0.0.1:80: the local address /run/a is not an address of tcp"
    );
}

#[tokio::test(start_paused = true)]
async fn a_local_address_picks_the_addresses_of_its_family() {
    let fake = Fake::new().name("h.test", &["192.0.2.1", "2001:db8::1"]);
    let net = fake.net().with_local_addr(local("[2001:db8::7]:0"));
    net.dial("tcp", "h.test:80").await.unwrap();
    net.dial_packet("udp", "h.test:53").await.unwrap();
    net.dial("tcp", "localhost:80").await.unwrap();
    assert_eq!(
        fake.calls(),
        [
            "lookup h.test",
            "from [2001:db8::7]:0 connect [2001:db8::1]:80",
            "lookup h.test",
            "from [2001:db8::7]:0 associate [2001:db8::1]:53",
            "from [2001:db8::7]:0 connect [::1]:80",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_local_address_is_for_dialing() {
    let fake = Fake::new();
    let net = fake.net().with_local_addr(local("[2001:db8::7]:0"));
    net.listen("tcp4", "127.0.0.1:80").await.unwrap();
    assert_eq!(fake.calls(), ["listen 127.0.0.1:80"]);
}

#[tokio::test(start_paused = true)]
async fn a_family_narrows_the_network() {
    for (family, first) in [
        (Family::V4, "192.0.2.1"),
        (Family::V6, "[2001:db8::1]"),
        (Family::Any, "192.0.2.1"),
    ] {
        let fake = Fake::new().name("h.test", &["192.0.2.1", "2001:db8::1"]);
        let net = fake.net().with_family(family);
        net.dial("tcp", "h.test:80").await.unwrap();
        net.dial_packet("udp", "h.test:53").await.unwrap();
        net.dial("unix", "/run/a").await.unwrap();
        assert_eq!(
            fake.calls(),
            [
                "lookup h.test".to_owned(),
                format!("connect {first}:80"),
                "lookup h.test".to_owned(),
                format!("associate {first}:53"),
                "connect /run/a".to_owned(),
            ]
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_family_that_the_network_has_not_is_refused() {
    let net = Fake::new().net().with_family(Family::V4);
    let error = net.dial("tcp6", "localhost:80").await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "dial tcp6 localhost:80: \"tcp6\" has no IPv4 addresses"
    );
    let error = net.dial("tcp", "[::1]:80").await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "dial tcp [::1]:80: ::1 is not an address of tcp4"
    );
    let net = net.with_family(Family::V6);
    let error = net.listen_packet("udp4", ":53").await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "listen for packets udp4 :53: \"udp4\" has no IPv6 addresses"
    );
}

#[tokio::test(start_paused = true)]
async fn the_earlier_of_deadline_and_timeout_ends_a_dial() {
    let ms = Duration::from_millis;
    for (deadline, timeout, ends) in [(100, 500, 100), (500, 100, 100)] {
        let fake = Fake::new().answer("192.0.2.1:80", Answer::Never);
        let net = fake
            .net()
            .with_deadline(fake.now() + ms(deadline))
            .with_timeout(ms(timeout));
        let error = net.dial("tcp", "192.0.2.1:80").await.unwrap_err();
        assert!(error.is_timeout());
        assert_eq!(fake.clock(), ends);
    }
}

/// The meaning of Go's `TestDialerKeepAlive`, where nothing is probed unless
/// it was asked for.
#[tokio::test(start_paused = true)]
async fn keepalive_and_nodelay_are_options_of_the_socket() {
    let fake = Fake::new();
    let keepalive = KeepAlive::new().idle(Duration::from_secs(5)).count(3);
    fake.net()
        .with_keepalive(keepalive)
        .with_nodelay(false)
        .dial("tcp", "127.0.0.1:80")
        .await
        .unwrap();
    assert_eq!(
        fake.options(),
        [
            SocketOption::KeepAlive(Some(keepalive)),
            SocketOption::NoDelay(false)
        ]
    );
    let net = fake.net().with_keepalive(None);
    net.dial("tcp", "127.0.0.1:80").await.unwrap();
    assert_eq!(fake.options(), [SocketOption::KeepAlive(None)]);
}

#[tokio::test(start_paused = true)]
async fn a_control_hook_sees_every_socket_and_its_address() {
    let seen = Arc::new(std::sync::Mutex::new(Vec::new()));
    let seen_too = seen.clone();
    let control = Control::new(move |_, address| {
        seen_too.lock().unwrap().push(address.to_string());
        Ok(())
    });
    let fake = Fake::new()
        .name("h.test", &["192.0.2.1", "192.0.2.2"])
        .answer("192.0.2.1:80", Answer::Never);
    let net = fake.net().with_control(control);
    net.dial("tcp", "h.test:80").await.unwrap();
    net.listen("tcp", "127.0.0.1:1").await.unwrap();
    net.listen_packet("udp", "127.0.0.1:2").await.unwrap();
    net.dial_packet("udp", "127.0.0.1:3").await.unwrap();
    net.dial("unix", "/run/a").await.unwrap();
    assert_eq!(
        *seen.lock().unwrap(),
        [
            "192.0.2.1:80",
            "192.0.2.2:80",
            "127.0.0.1:1",
            "127.0.0.1:2",
            "127.0.0.1:3",
            "/run/a"
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn the_error_of_a_control_hook_is_that_of_the_attempt() {
    let calls = Arc::new(AtomicUsize::new(0));
    let count = calls.clone();
    let control = Control::new(move |_, _| {
        count.fetch_add(1, Ordering::Relaxed);
        Err(io::Error::new(ErrorKind::PermissionDenied, "not this one"))
    });
    let fake = Fake::new();
    let net = fake.net().with_control(control);
    let error = net.dial("tcp", "localhost:80").await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "dial tcp localhost:80: 127.0.0.1:80: not this one; [::1]:80: not this one"
    );
    assert_eq!(calls.load(Ordering::Relaxed), 2);
    assert!(fake.calls().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_clone_that_dials_otherwise_leaves_the_other_alone() {
    let fake = Fake::new().name("h.test", &["192.0.2.1", "2001:db8::1"]);
    let net = fake.net();
    let _other = net
        .clone()
        .with_family(Family::V6)
        .with_local_addr(local("[::1]:0"))
        .with_deadline(fake.now());
    let stream = net.dial("tcp", "h.test:80").await.unwrap();
    assert_eq!(stream.peer_addr().unwrap(), at("192.0.2.1:80"));
}

#[tokio::test(start_paused = true)]
async fn what_the_program_inherited_is_an_error_where_there_is_no_such_thing() {
    let error = Fake::new().net().inherited().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert_eq!(
        error.to_string(),
        "inherit sockets: inherited sockets are not supported by the test"
    );
}

#[tokio::test(start_paused = true)]
async fn a_lookup_keeps_to_the_family() {
    let fake = Fake::new()
        .name("h.test", &["192.0.2.1", "2001:db8::1"])
        .name("four.test", &["192.0.2.1"]);
    let net = fake.net().with_family(Family::V6);
    let found = net.lookup("h.test").await.unwrap();
    assert_eq!(found, crate::fake::ips(&["2001:db8::1"]));
    let error = net.lookup("four.test").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert_eq!(error.address(), Some("four.test"));
}
