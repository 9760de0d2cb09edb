//! One deadline is over the lookup and all attempts together.

use std::io::ErrorKind;
use std::time::Duration;

use net_traits::Operation;

use crate::fake::{Answer, Fake, REFUSED};

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

#[tokio::test(start_paused = true)]
async fn a_lookup_that_takes_too_long_ends_the_dial() {
    let fake = Fake::new().name_answer("h.test", Answer::Never, &["192.0.2.1"]);
    let net = fake.net().with_timeout(ms(500));
    let error = net.dial("tcp", "h.test:80").await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "dial tcp h.test:80: lookup h.test: deadline has elapsed"
    );
    assert!(error.is_timeout());
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    assert_eq!(error.operation(), Operation::Dial);
    assert_eq!(
        fake.timed_calls(),
        ["0 lookup h.test", "500 dropped lookup h.test"]
    );
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_takes_too_long_ends_the_dial_and_is_told() {
    let fake = Fake::new().answer("192.0.2.1:80", Answer::Never);
    let net = fake.net().with_timeout(ms(500));
    let error = net.dial("tcp", "192.0.2.1:80").await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "dial tcp 192.0.2.1:80: deadline has elapsed"
    );
    assert!(error.is_timeout());
    assert_eq!(
        fake.timed_calls(),
        ["0 connect 192.0.2.1:80", "500 dropped connect 192.0.2.1:80"]
    );
}

#[tokio::test(start_paused = true)]
async fn the_lookup_and_every_attempt_share_the_time() {
    let fake = Fake::new()
        .name_answer(
            "h.test",
            Answer::After(200),
            &["192.0.2.1", "192.0.2.2", "192.0.2.3"],
        )
        .answer(
            "192.0.2.1:80",
            Answer::Fail(200, ErrorKind::ConnectionRefused),
        )
        .answer("192.0.2.2:80", Answer::After(200));
    let net = fake.net().with_timeout(ms(500));
    let error = net.dial("tcp", "h.test:80").await.unwrap_err();
    assert_eq!(
        fake.timed_calls(),
        [
            "0 lookup h.test",
            "200 connect 192.0.2.1:80",
            "400 connect 192.0.2.2:80",
            "500 dropped connect 192.0.2.2:80"
        ]
    );
    assert_eq!(fake.clock(), 500);
    assert_eq!(
        error.to_string(),
        "dial tcp h.test:80: 192.0.2.1:80: connection refused; \
         192.0.2.2:80: deadline has elapsed"
    );
    // The deadline ended the dial.
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    assert!(error.attempts()[1].is_timeout());
}

/// `is_timeout` is "whether a timeout or a deadline ended the operation".
#[tokio::test(start_paused = true)]
async fn a_dial_that_its_deadline_ended_is_a_timeout_whatever_failed_before() {
    let fake = Fake::new()
        .name("h.test", &["192.0.2.1", "192.0.2.2"])
        .answer("192.0.2.1:80", REFUSED)
        .answer("192.0.2.2:80", Answer::Never);
    let net = fake.net().with_timeout(ms(500));
    let error = net.dial("tcp", "h.test:80").await.unwrap_err();
    assert!(error.is_timeout(), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_dial_that_went_on_after_a_timeout_of_the_system_is_none() {
    let fake = Fake::new()
        .name("h.test", &["192.0.2.1", "192.0.2.2"])
        .answer("192.0.2.1:80", Answer::Fail(100, ErrorKind::TimedOut))
        .answer("192.0.2.2:80", REFUSED);
    let net = fake.net().with_timeout(ms(500));
    let error = net.dial("tcp", "h.test:80").await.unwrap_err();
    assert_eq!(error.attempts().len(), 2);
    assert!(error.attempts()[0].is_timeout());
    assert!(!error.is_timeout(), "{error}");
}

#[tokio::test(start_paused = true)]
async fn no_address_is_tried_after_the_deadline() {
    let fake = Fake::new()
        .name("h.test", &["192.0.2.1", "192.0.2.2"])
        .answer("192.0.2.1:80", Answer::Never);
    let net = fake.net().with_timeout(ms(500)).with_fallback_delay(None);
    let error = net.dial("tcp", "h.test:80").await.unwrap_err();
    assert!(error.is_timeout());
    assert_eq!(
        error.to_string(),
        "dial tcp h.test:80 (192.0.2.1:80): deadline has elapsed"
    );
    assert_eq!(
        fake.calls(),
        [
            "lookup h.test",
            "connect 192.0.2.1:80",
            "dropped connect 192.0.2.1:80"
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn what_connects_just_in_time_is_taken() {
    let fake = Fake::new().answer("192.0.2.1:80", Answer::After(490));
    let net = fake.net().with_timeout(ms(500));
    net.dial("tcp", "192.0.2.1:80").await.unwrap();
    assert_eq!(fake.clock(), 490);
}

#[tokio::test(start_paused = true)]
async fn without_a_deadline_a_dial_waits() {
    const HOUR: u64 = 3_600_000;
    let fake = Fake::new()
        .name_answer("h.test", Answer::After(HOUR), &["192.0.2.1"])
        .answer("192.0.2.1:80", Answer::After(HOUR));
    fake.net().dial("tcp", "h.test:80").await.unwrap();
    assert_eq!(fake.clock(), 2 * HOUR);
}

#[tokio::test(start_paused = true)]
async fn each_dial_has_the_whole_time() {
    let fake = Fake::new().answer("192.0.2.1:80", Answer::After(400));
    let net = fake.net().with_timeout(ms(500));
    for _ in 0..3 {
        net.dial("tcp", "192.0.2.1:80").await.unwrap();
    }
    assert_eq!(fake.clock(), 1200);
}

#[tokio::test(start_paused = true)]
async fn a_clone_with_a_timeout_leaves_the_other_alone() {
    let fake = Fake::new().answer("192.0.2.1:80", Answer::After(400));
    let net = fake.net();
    let hasty = net.clone().with_timeout(ms(100));
    assert!(
        hasty
            .dial("tcp", "192.0.2.1:80")
            .await
            .unwrap_err()
            .is_timeout()
    );
    net.dial("tcp", "192.0.2.1:80").await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_later_timeout_replaces_an_earlier_one() {
    let fake = Fake::new().answer("192.0.2.1:80", Answer::After(400));
    let net = fake.net().with_timeout(ms(100)).with_timeout(ms(500));
    net.dial("tcp", "192.0.2.1:80").await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn no_time_at_all_is_enough_for_what_is_ready() {
    let fake = Fake::new().answer("192.0.2.2:80", Answer::After(10));
    let net = fake.net().with_timeout(Duration::ZERO);
    net.dial("tcp", "192.0.2.1:80").await.unwrap();
    let error = net.dial("tcp", "192.0.2.2:80").await.unwrap_err();
    assert!(error.is_timeout());
    assert_eq!(fake.clock(), 0);
}

#[tokio::test(start_paused = true)]
async fn the_longest_timeout_there_is_waits() {
    let fake = Fake::new().answer("192.0.2.1:80", Answer::After(400));
    let net = fake.net().with_timeout(Duration::MAX);
    net.dial("tcp", "192.0.2.1:80").await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_timeout_of_the_system_before_the_deadline_is_told_as_such() {
    let fake = Fake::new()
        .name("h.test", &["192.0.2.1", "192.0.2.2"])
        .answer("192.0.2.1:80", Answer::Fail(100, ErrorKind::TimedOut))
        .answer("192.0.2.2:80", Answer::After(100));
    let net = fake.net().with_timeout(ms(500));
    net.dial("tcp", "h.test:80").await.unwrap();
    assert_eq!(fake.clock(), 200);
}

#[tokio::test(start_paused = true)]
async fn a_lookup_alone_has_the_deadline_too() {
    let fake = Fake::new().name_answer("h.test", Answer::Never, &[]);
    let net = fake.net().with_timeout(ms(500));
    let error = net.lookup("h.test").await.unwrap_err();
    assert!(error.is_timeout());
    assert_eq!(error.to_string(), "lookup h.test: deadline has elapsed");
    assert_eq!(fake.clock(), 500);
}

#[tokio::test(start_paused = true)]
async fn a_connected_socket_for_datagrams_has_the_deadline_too() {
    let fake = Fake::new().name_answer("h.test", Answer::Never, &[]);
    let net = fake.net().with_timeout(ms(500));
    let error = net.dial_packet("udp", "h.test:53").await.unwrap_err();
    assert!(error.is_timeout());
    assert_eq!(
        error.to_string(),
        "dial udp h.test:53: lookup h.test: deadline has elapsed"
    );
    assert_eq!(fake.clock(), 500);
}

#[tokio::test(start_paused = true)]
async fn listening_has_no_deadline() {
    let fake = Fake::new().answer("127.0.0.1:80", Answer::After(700));
    let net = fake.net().with_timeout(ms(500));
    net.listen("tcp", "127.0.0.1:80").await.unwrap();
    assert_eq!(fake.clock(), 700);
}
