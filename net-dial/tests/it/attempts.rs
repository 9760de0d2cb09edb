//! A name's addresses are tried in order until one connects.

use std::io::ErrorKind;

use net_traits::{Dialer, Operation, Stream};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::fake::{Answer, Fake, REFUSED, at};

const THREE: [&str; 3] = ["192.0.2.1", "2001:db8::1", "192.0.2.2"];

#[tokio::test(start_paused = true)]
async fn the_first_address_that_connects_wins_and_no_other_is_tried() {
    let fake = Fake::new().name("h.test", &THREE);
    let stream = fake.net().dial("tcp", "h.test:80").await.unwrap();
    assert_eq!(stream.peer_addr().unwrap(), at("192.0.2.1:80"));
    assert_eq!(fake.calls(), ["lookup h.test", "connect 192.0.2.1:80"]);
}

#[tokio::test(start_paused = true)]
async fn addresses_are_tried_in_the_order_of_the_resolver() {
    let fake = Fake::new()
        .name("h.test", &THREE)
        .answer("192.0.2.1:80", REFUSED)
        .answer("[2001:db8::1]:80", REFUSED);
    let stream = fake.net().dial("tcp", "h.test:80").await.unwrap();
    assert_eq!(stream.peer_addr().unwrap(), at("192.0.2.2:80"));
    assert_eq!(
        fake.calls(),
        [
            "lookup h.test",
            "connect 192.0.2.1:80",
            "connect [2001:db8::1]:80",
            "connect 192.0.2.2:80"
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn the_next_address_is_tried_as_soon_as_one_has_failed() {
    let fake = Fake::new()
        .name_answer("h.test", Answer::After(50), &THREE)
        .answer(
            "192.0.2.1:80",
            Answer::Fail(200, ErrorKind::ConnectionRefused),
        )
        .answer("[2001:db8::1]:80", Answer::After(30));
    fake.net().dial("tcp", "h.test:80").await.unwrap();
    assert_eq!(
        fake.timed_calls(),
        [
            "0 lookup h.test",
            "50 connect 192.0.2.1:80",
            "250 connect [2001:db8::1]:80"
        ]
    );
    assert_eq!(fake.clock(), 280);
}

#[tokio::test(start_paused = true)]
async fn any_failure_leads_to_the_next_address() {
    for kind in [
        ErrorKind::ConnectionRefused,
        ErrorKind::NetworkUnreachable,
        ErrorKind::HostUnreachable,
        ErrorKind::PermissionDenied,
        ErrorKind::Unsupported,
        // The system's own, before any deadline of ours.
        ErrorKind::TimedOut,
    ] {
        let fake = Fake::new()
            .name("h.test", &THREE)
            .answer("192.0.2.1:80", Answer::Fail(10, kind));
        let stream = fake.net().dial("tcp", "h.test:80").await.unwrap();
        assert_eq!(stream.peer_addr().unwrap(), at("[2001:db8::1]:80"));
    }
}

#[tokio::test(start_paused = true)]
async fn when_all_fail_the_error_tells_each_attempt() {
    let fake = Fake::new()
        .name("h.test", &THREE)
        .answer("192.0.2.1:80", REFUSED)
        .answer(
            "[2001:db8::1]:80",
            Answer::Fail(0, ErrorKind::NetworkUnreachable),
        )
        .answer("192.0.2.2:80", Answer::Fail(10, ErrorKind::HostUnreachable));
    let error = fake.net().dial("tcp", "h.test:http").await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "dial tcp h.test:http: 192.0.2.1:80: connection refused; \
         [2001:db8::1]:80: network unreachable; 192.0.2.2:80: host unreachable"
    );
    assert_eq!(error.operation(), Operation::Dial);
    assert_eq!(error.network(), Some("tcp"));
    assert_eq!(error.address(), Some("h.test:http"));
    assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
    assert!(!error.is_timeout());
    let tried: Vec<_> = error
        .attempts()
        .iter()
        .map(|attempt| (attempt.operation(), attempt.endpoint().unwrap().to_string()))
        .collect();
    assert_eq!(
        tried,
        [
            (Operation::Dial, "192.0.2.1:80".to_owned()),
            (Operation::Dial, "[2001:db8::1]:80".to_owned()),
            (Operation::Dial, "192.0.2.2:80".to_owned())
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn when_the_only_address_fails_the_error_tells_it_in_brackets() {
    let fake = Fake::new()
        .name("h.test", &["192.0.2.1"])
        .answer("192.0.2.1:80", REFUSED);
    let error = fake.net().dial("tcp", "h.test:80").await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "dial tcp h.test:80 (192.0.2.1:80): connection refused"
    );
    assert!(error.attempts().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_literal_address_is_told_once() {
    let fake = Fake::new().answer("[::1]:80", REFUSED);
    let error = fake.net().dial("tcp", "[::1]:80").await.unwrap_err();
    assert_eq!(error.to_string(), "dial tcp [::1]:80: connection refused");
    assert_eq!(error.endpoint(), Some(&at("[::1]:80")));
}

#[tokio::test(start_paused = true)]
async fn a_thousand_addresses_are_tried_if_need_be() {
    let texts: Vec<String> = (0..1000)
        .map(|i| format!("10.0.{}.{}", i / 250, i % 250))
        .collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let mut fake = Fake::new().name("h.test", &texts);
    for text in &texts[..999] {
        fake = fake.answer(&format!("{text}:80"), REFUSED);
    }
    let stream = fake.net().dial("tcp", "h.test:80").await.unwrap();
    assert_eq!(stream.peer_addr().unwrap(), at("10.0.3.249:80"));
}

#[tokio::test(start_paused = true)]
async fn what_was_connected_carries_bytes() {
    let mut stream = Fake::new().net().dial("tcp", "[::1]:80").await.unwrap();
    let mut far = stream.far.take().unwrap();
    stream.write_all(b"hi").await.unwrap();
    let mut buf = [0; 2];
    far.read_exact(&mut buf).await.unwrap();
    assert_eq!(&buf, b"hi");
}

#[tokio::test(start_paused = true)]
async fn a_network_is_a_dialer_that_does_the_same() {
    async fn library(dialer: impl Dialer) -> String {
        let error = dialer.dial("tcp", "h.test:80").await.err().unwrap();
        error.to_string()
    }
    let fake = Fake::new()
        .name("h.test", &["192.0.2.1"])
        .answer("192.0.2.1:80", REFUSED);
    let message = "dial tcp h.test:80 (192.0.2.1:80): connection refused";
    assert_eq!(library(fake.net()).await, message);
    assert_eq!(library(&fake.net()).await, message);
    assert_eq!(library(fake.net().boxed()).await, message);
}

#[tokio::test(start_paused = true)]
async fn many_dials_of_one_network_run_at_once() {
    let fake = Fake::new()
        .answer("192.0.2.1:80", Answer::After(300))
        .answer("192.0.2.2:80", Answer::After(300));
    let net = fake.net();
    let (one, other) = tokio::join!(
        net.dial("tcp", "192.0.2.1:80"),
        net.dial("tcp", "192.0.2.2:80")
    );
    one.unwrap();
    other.unwrap();
    assert_eq!(fake.clock(), 300);
}
