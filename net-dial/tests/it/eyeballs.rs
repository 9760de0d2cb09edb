//! Happy Eyeballs (RFC 8305): when which address is tried, and who wins.

use std::io::ErrorKind;
use std::time::Duration;

use net_time::timeout;
use net_traits::{Family, Stream};

use crate::fake::{Answer, Fake, REFUSED, at};
use crate::parts::Parts;

const V4: &str = "192.0.2.1";
const V6: &str = "2001:db8::1";
const TRY_V4: &str = "connect 192.0.2.1:80";
const TRY_V6: &str = "connect [2001:db8::1]:80";

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// Calls with their times, from pairs.
fn timed(calls: &[(u64, &str)]) -> Vec<String> {
    calls
        .iter()
        .map(|(ms, call)| format!("{ms} {call}"))
        .collect()
}

/// The cases of Go's `TestDialParallel`: the addresses of a name, those of
/// them that never answer, those that refuse, whether the dial succeeds, and
/// when.
#[tokio::test(start_paused = true)]
async fn addresses_are_raced_as_in_go() {
    const SLOW4: &str = "198.18.0.254";
    const SLOW6: &str = "2001:2::254";
    const LOCAL4: &str = "127.0.0.1";
    const LOCAL6: &str = "::1";
    let cases: [(&[&str], &[&str], bool, u64); 10] = [
        // At once.
        (&[LOCAL4], &[], true, 0),
        (&[LOCAL6], &[], true, 0),
        (&[LOCAL4, LOCAL6, SLOW6], &[LOCAL6], true, 0),
        (&[LOCAL6, LOCAL4, SLOW4], &[LOCAL4], true, 0),
        // The first is slow.
        (&[SLOW4, LOCAL6], &[], true, 200),
        // The first refuses.
        (&[LOCAL4, LOCAL6], &[LOCAL4], true, 0),
        (&[LOCAL6, LOCAL4], &[LOCAL6], true, 0),
        // The first is slow, and the second refuses.
        (&[SLOW4, LOCAL6, SLOW6, LOCAL4], &[LOCAL6], true, 200),
        // All refuse.
        (&[LOCAL4], &[LOCAL4], false, 0),
        // There is none.
        (&[], &[], false, 0),
    ];
    for (addresses, refusing, succeeds, after) in cases {
        let mut fake = Fake::new()
            .name("h.test", addresses)
            .answer(&format!("{SLOW4}:80"), Answer::Never)
            .answer(&format!("[{SLOW6}]:80"), Answer::Never);
        for ip in refusing {
            let endpoint = std::net::SocketAddr::new(ip.parse().unwrap(), 80);
            fake = fake.answer(&endpoint.to_string(), REFUSED);
        }
        let net = fake.net().with_fallback_delay(ms(200));
        let dialed = net.dial("tcp", "h.test:80").await;
        assert_eq!(dialed.is_ok(), succeeds, "{addresses:?}");
        assert_eq!(fake.clock(), after, "{addresses:?}");

        // Once more, given up after 5 ms.
        let _ = timeout(&fake, ms(5), net.dial("tcp", "h.test:80")).await;
        let calls = fake.calls();
        let begun = calls.iter().filter(|call| call.starts_with("connect"));
        let dropped = calls.iter().filter(|call| call.starts_with("dropped"));
        assert!(dropped.count() <= begun.count());
        assert!(fake.clock() <= after + 10, "{addresses:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_thousand_addresses_do_not_trip_the_deadline() {
    let texts: Vec<String> = (0..1000).map(|i| format!("2001:db8::{i:x}")).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let fake = Fake::new().name("h.test", &texts);
    let net = fake.net().with_timeout(Duration::from_secs(10));
    net.dial("tcp", "h.test:80").await.unwrap();
    assert_eq!(fake.clock(), 0);
}

#[tokio::test(start_paused = true)]
async fn the_next_address_is_tried_after_the_delay_beside_the_first() {
    for (set, delay) in [
        (None, 250),
        (Some(200), 200),
        // Held between 10 ms and 2 s.
        (Some(0), 10),
        (Some(9), 10),
        (Some(60_000), 2000),
    ] {
        let fake = Fake::new()
            .name("h.test", &[V6, V4])
            .answer("[2001:db8::1]:80", Answer::Never);
        let net = match set {
            Some(delay) => fake.net().with_fallback_delay(ms(delay)),
            None => fake.net(),
        };
        let stream = net.dial("tcp", "h.test:80").await.unwrap();
        assert_eq!(stream.peer_addr().unwrap(), at("192.0.2.1:80"));
        assert_eq!(
            fake.timed_calls(),
            timed(&[
                (0, "lookup h.test"),
                (0, TRY_V6),
                (delay, TRY_V4),
                (delay, "dropped connect [2001:db8::1]:80"),
            ])
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_failure_lets_the_next_address_start_at_once() {
    let fake = Fake::new()
        .name("h.test", &[V6, V4, "2001:db8::2"])
        .answer("[2001:db8::1]:80", Answer::Never)
        .answer("192.0.2.1:80", REFUSED);
    fake.net().dial("tcp", "h.test:80").await.unwrap();
    assert_eq!(
        fake.timed_calls()[1..],
        timed(&[
            (0, TRY_V6),
            (250, TRY_V4),
            (250, "connect [2001:db8::2]:80"),
            (250, "dropped connect [2001:db8::1]:80"),
        ])
    );
}

#[tokio::test(start_paused = true)]
async fn an_earlier_attempt_may_still_win() {
    let fake = Fake::new()
        .name("h.test", &[V6, V4])
        .answer("[2001:db8::1]:80", Answer::After(300))
        .answer("192.0.2.1:80", Answer::After(100));
    let stream = fake.net().dial("tcp", "h.test:80").await.unwrap();
    assert_eq!(stream.peer_addr().unwrap(), at("[2001:db8::1]:80"));
    assert_eq!(fake.clock(), 300);
    assert_eq!(fake.calls().last().unwrap(), "dropped connect 192.0.2.1:80");
}

#[tokio::test(start_paused = true)]
async fn of_two_connections_at_the_same_time_one_is_taken_and_one_closed() {
    let fake = Fake::new()
        .name("h.test", &[V6, V4])
        .answer("[2001:db8::1]:80", Answer::After(350))
        .answer("192.0.2.1:80", Answer::After(100));
    let stream = fake.net().dial("tcp", "h.test:80").await.unwrap();
    assert_eq!(stream.peer_addr().unwrap(), at("[2001:db8::1]:80"));
    assert_eq!(fake.calls().last().unwrap(), "dropped connect 192.0.2.1:80");
}

#[tokio::test(start_paused = true)]
async fn without_a_delay_addresses_are_tried_one_after_the_other() {
    let fake = Fake::new()
        .name("h.test", &[V6, V4])
        .answer("[2001:db8::1]:80", Answer::Fail(5000, ErrorKind::TimedOut));
    let net = fake.net().with_fallback_delay(None);
    net.dial("tcp", "h.test:80").await.unwrap();
    assert_eq!(
        fake.timed_calls()[1..],
        timed(&[(0, TRY_V6), (5000, TRY_V4)])
    );
}

#[tokio::test(start_paused = true)]
async fn families_take_turns() {
    let fake = Fake::new().name(
        "h.test",
        &[
            "2001:db8::1",
            "2001:db8::2",
            "2001:db8::3",
            "192.0.2.1",
            "192.0.2.2",
        ],
    );
    let fake = [
        "[2001:db8::1]:80",
        "[2001:db8::2]:80",
        "[2001:db8::3]:80",
        "192.0.2.1:80",
        "192.0.2.2:80",
    ]
    .into_iter()
    .fold(fake, |fake, endpoint| fake.answer(endpoint, REFUSED));
    fake.net().dial("tcp", "h.test:80").await.unwrap_err();
    assert_eq!(
        fake.calls()[1..],
        [
            "connect [2001:db8::1]:80",
            "connect 192.0.2.1:80",
            "connect [2001:db8::2]:80",
            "connect 192.0.2.2:80",
            "connect [2001:db8::3]:80",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn the_deadline_is_divided_over_the_addresses() {
    // Twelve seconds for three, as in Go's `TestDialerPartialDeadline`.
    let fake = Fake::new()
        .name("h.test", &["192.0.2.1", "192.0.2.2", "192.0.2.3"])
        .answer("192.0.2.1:80", Answer::Never)
        .answer("192.0.2.2:80", Answer::Never)
        .answer("192.0.2.3:80", Answer::Never);
    let net = fake
        .net()
        .with_timeout(Duration::from_secs(12))
        .with_fallback_delay(None);
    let error = net.dial("tcp", "h.test:80").await.unwrap_err();
    assert!(error.is_timeout());
    assert_eq!(error.attempts().len(), 3);
    assert_eq!(
        fake.timed_calls()[1..],
        timed(&[
            (0, "connect 192.0.2.1:80"),
            (4000, "dropped connect 192.0.2.1:80"),
            (4000, "connect 192.0.2.2:80"),
            (8000, "dropped connect 192.0.2.2:80"),
            (8000, "connect 192.0.2.3:80"),
            (12_000, "dropped connect 192.0.2.3:80"),
        ])
    );
}

#[tokio::test(start_paused = true)]
async fn no_more_than_32_attempts_are_under_way() {
    let texts: Vec<String> = (1..=40).map(|i| format!("192.0.2.{i}")).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let fake = texts
        .iter()
        .fold(Fake::new().name("h.test", &texts), |fake, ip| {
            fake.answer(&format!("{ip}:80"), Answer::Never)
        });
    let net = fake.net().with_fallback_delay(ms(10));
    timeout(&fake, Duration::from_secs(60), net.dial("tcp", "h.test:80"))
        .await
        .unwrap_err();
    let calls = fake.calls();
    let begun = calls.iter().filter(|call| call.starts_with("connect"));
    let dropped = calls.iter().filter(|call| call.starts_with("dropped"));
    assert_eq!((begun.count(), dropped.count()), (32, 32));
}

#[tokio::test(start_paused = true)]
async fn addresses_of_ipv6_are_tried_before_those_of_ipv4_are_known() {
    let fake = Fake::new();
    let found = Parts::new()
        .then(20, Family::V6, &[V6])
        .then(500, Family::V4, &[V4]);
    let stream = fake.net().with_resolver(found);
    let stream = stream.dial("tcp", "h.test:80").await.unwrap();
    assert_eq!(stream.peer_addr().unwrap(), at("[2001:db8::1]:80"));
    assert_eq!(fake.timed_calls(), timed(&[(20, TRY_V6)]));
}

#[tokio::test(start_paused = true)]
async fn addresses_of_ipv4_wait_50_ms_for_those_of_ipv6() {
    for (pause, tried) in [
        // In time: both are known then, and the resolver's order counts for
        // those that no way is known to.
        (30, vec![(30, TRY_V4)]),
        (49, vec![(40, TRY_V4)]),
        // Too late.
        (400, vec![(50, TRY_V4)]),
    ] {
        let fake = Fake::new();
        let found = Parts::new()
            .then(0, Family::V4, &[V4])
            .then(pause, Family::V6, &[V6]);
        let net = fake.net().with_resolver(found);
        net.dial("tcp", "h.test:80").await.unwrap();
        assert_eq!(fake.timed_calls(), timed(&tried));
    }
}

#[tokio::test(start_paused = true)]
async fn the_better_address_is_first_if_it_came_in_time() {
    let fake = Fake::new()
        .source(V6, "2001:db8::2")
        .source(V4, "192.0.2.2");
    let found = Parts::new()
        .then(0, Family::V4, &[V4])
        .then(30, Family::V6, &[V6]);
    let net = fake.net().with_resolver(found);
    net.dial("tcp", "h.test:80").await.unwrap();
    assert_eq!(fake.timed_calls(), timed(&[(30, TRY_V6)]));
}

#[tokio::test(start_paused = true)]
async fn that_there_is_no_address_of_ipv6_ends_the_wait() {
    let fake = Fake::new();
    let found = Parts::new()
        .then(0, Family::V4, &[V4])
        .then(20, Family::V6, &[])
        .ends_after(1000);
    let net = fake.net().with_resolver(found);
    net.dial("tcp", "h.test:80").await.unwrap();
    assert_eq!(fake.timed_calls(), timed(&[(20, TRY_V4)]));
}

#[tokio::test(start_paused = true)]
async fn a_lookup_that_is_over_ends_the_wait() {
    let fake = Fake::new();
    let found = Parts::new().then(10, Family::V4, &[V4]).ends_after(10);
    let net = fake.net().with_resolver(found);
    net.dial("tcp", "h.test:80").await.unwrap();
    assert_eq!(fake.timed_calls(), timed(&[(20, TRY_V4)]));
}

#[tokio::test(start_paused = true)]
async fn addresses_that_come_late_join() {
    let fake = Fake::new().answer("192.0.2.1:80", Answer::Never);
    let found = Parts::new()
        .then(0, Family::V4, &[V4])
        .then(100, Family::V6, &[V6]);
    let net = fake.net().with_resolver(found);
    let stream = net.dial("tcp", "h.test:80").await.unwrap();
    assert_eq!(stream.peer_addr().unwrap(), at("[2001:db8::1]:80"));
    assert_eq!(
        fake.timed_calls(),
        timed(&[
            (50, TRY_V4),
            (300, TRY_V6),
            (300, "dropped connect 192.0.2.1:80")
        ])
    );
}

#[tokio::test(start_paused = true)]
async fn addresses_that_come_after_all_others_have_failed_are_tried_at_once() {
    let fake = Fake::new().answer("192.0.2.1:80", REFUSED);
    let found = Parts::new()
        .then(0, Family::V4, &[V4])
        .then(700, Family::V6, &[V6]);
    let net = fake.net().with_resolver(found);
    net.dial("tcp", "h.test:80").await.unwrap();
    assert_eq!(fake.timed_calls(), timed(&[(50, TRY_V4), (700, TRY_V6)]));
}

#[tokio::test(start_paused = true)]
async fn an_address_that_is_found_twice_is_tried_once() {
    let fake = Fake::new().answer("192.0.2.1:80", REFUSED);
    let found =
        Parts::new()
            .then(0, Family::V4, &[V4, V4])
            .then(0, Family::V6, &["::ffff:192.0.2.1"]);
    let net = fake.net().with_resolver(found);
    net.dial("tcp", "h.test:80").await.unwrap_err();
    assert_eq!(fake.calls(), [TRY_V4]);
}

#[tokio::test(start_paused = true)]
async fn a_network_of_ipv4_waits_for_no_other() {
    let fake = Fake::new();
    let found = Parts::new().then(0, Family::V4, &[V4]).ends_after(500);
    let net = fake.net().with_resolver(found);
    net.dial("tcp4", "h.test:80").await.unwrap();
    assert_eq!(fake.timed_calls(), timed(&[(0, TRY_V4)]));
}

#[tokio::test(start_paused = true)]
async fn attempts_are_told_and_not_the_half_of_the_lookup_that_failed() {
    let fake = Fake::new().answer("192.0.2.1:80", REFUSED);
    let found = Parts::new()
        .then(0, Family::V4, &[V4])
        .ends_after(300)
        .fails(ErrorKind::TimedOut);
    let net = fake.net().with_resolver(found);
    let error = net.dial("tcp", "h.test:80").await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "dial tcp h.test:80 (192.0.2.1:80): connection refused"
    );
}

#[tokio::test(start_paused = true)]
async fn the_deadline_ends_a_lookup_that_has_found_nothing_usable() {
    let fake = Fake::new();
    let found = Parts::new().then(0, Family::V4, &[]).ends_after(60_000);
    let net = fake.net().with_resolver(found).with_timeout(ms(500));
    let error = net.dial("tcp", "h.test:80").await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "dial tcp h.test:80: lookup h.test: deadline has elapsed"
    );
    assert_eq!(fake.clock(), 500);
}

#[tokio::test(start_paused = true)]
async fn addresses_are_sorted_by_rfc_6724() {
    // A global address of IPv6 before IPv4 before what has no way there.
    let fake = Fake::new()
        .name("h.test", &["192.0.2.1", "2001:db8::9", "2001:db8::1"])
        .source("192.0.2.1", "192.0.2.2")
        .source("2001:db8::1", "2001:db8::2");
    let fake = ["192.0.2.1:80", "[2001:db8::1]:80", "[2001:db8::9]:80"]
        .into_iter()
        .fold(fake, |fake, endpoint| fake.answer(endpoint, REFUSED));
    fake.net().dial("tcp", "h.test:80").await.unwrap_err();
    assert_eq!(
        fake.calls()[1..],
        [TRY_V6, TRY_V4, "connect [2001:db8::9]:80"]
    );
}

#[tokio::test(start_paused = true)]
async fn sockets_for_datagrams_take_the_better_address() {
    let fake = Fake::new()
        .name("h.test", &["192.0.2.1", "2001:db8::1"])
        .source("192.0.2.1", "192.0.2.2")
        .source("2001:db8::1", "2001:db8::2");
    fake.net().dial_packet("udp", "h.test:53").await.unwrap();
    assert_eq!(fake.calls()[1..], ["associate [2001:db8::1]:53"]);
}

/// RFC 8305 §5: an attempt goes on beside those that start later.
#[tokio::test(start_paused = true)]
async fn an_attempt_has_the_whole_time_while_others_run_beside_it() {
    let fake = Fake::new()
        .name("h.test", &["192.0.2.1", "192.0.2.2", "192.0.2.3"])
        .answer("192.0.2.1:80", Answer::After(2500))
        .answer("192.0.2.2:80", Answer::Never)
        .answer("192.0.2.3:80", Answer::Never);
    let net = fake.net().with_timeout(Duration::from_secs(6));
    net.dial("tcp", "h.test:80").await.unwrap();
    assert_eq!(fake.clock(), 2500);
}

#[tokio::test(start_paused = true)]
async fn more_addresses_than_may_be_tried_at_once_are_all_tried_in_time() {
    let texts: Vec<String> = (1..=40).map(|i| format!("192.0.2.{i}")).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let fake = texts
        .iter()
        .take(39)
        .fold(Fake::new().name("h.test", &texts), |fake, ip| {
            fake.answer(&format!("{ip}:80"), Answer::Never)
        });
    let net = fake.net().with_timeout(Duration::from_secs(60));
    let stream = net.dial("tcp", "h.test:80").await.unwrap();
    assert_eq!(stream.peer_addr().unwrap(), at("192.0.2.40:80"));
}

/// Two sockets cannot be bound to one port, as long as the first lives.
#[tokio::test(start_paused = true)]
async fn from_a_fixed_port_addresses_are_tried_one_after_the_other() {
    let fake = Fake::new()
        .name("h.test", &["192.0.2.1", "192.0.2.2"])
        .answer("192.0.2.1:80", Answer::Never);
    let local: std::net::SocketAddr = "0.0.0.0:4000".parse().unwrap();
    let net = fake
        .net()
        .with_local_addr(local)
        .with_timeout(Duration::from_secs(6));
    net.dial("tcp", "h.test:80").await.unwrap();
    assert_eq!(
        fake.timed_calls()[1..],
        timed(&[
            (0, "from 0.0.0.0:4000 connect 192.0.2.1:80"),
            (3000, "dropped from 0.0.0.0:4000 connect 192.0.2.1:80"),
            (3000, "from 0.0.0.0:4000 connect 192.0.2.2:80"),
        ])
    );
}

#[tokio::test(start_paused = true)]
async fn attempts_are_told_in_the_order_in_which_they_were_started() {
    let fake = Fake::new()
        .name("h.test", &["192.0.2.1", "192.0.2.2"])
        .answer("192.0.2.1:80", Answer::Fail(900, ErrorKind::TimedOut))
        .answer("192.0.2.2:80", REFUSED);
    let error = fake.net().dial("tcp", "h.test:80").await.unwrap_err();
    let tried: Vec<_> = error.attempts().iter().map(|one| one.endpoint()).collect();
    assert_eq!(
        tried,
        [Some(&at("192.0.2.1:80")), Some(&at("192.0.2.2:80"))]
    );
    // The refusal tells most.
    assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
    assert!(!error.is_timeout());
}

#[tokio::test(start_paused = true)]
async fn a_family_without_a_route_does_not_hide_a_timeout_of_the_other() {
    let fake = Fake::new()
        .name("h.test", &[V6, V4])
        .answer(
            "[2001:db8::1]:80",
            Answer::Fail(0, ErrorKind::NetworkUnreachable),
        )
        .answer("192.0.2.1:80", Answer::Fail(900, ErrorKind::TimedOut));
    let error = fake.net().dial("tcp", "h.test:80").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    assert!(error.is_timeout());
}
