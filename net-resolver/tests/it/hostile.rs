//! Whatever a server sends, a lookup ends, and nothing panics.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use hickory_proto::op::Message;
use net::{Family, Resolver, Result};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, TestRunner};

use crate::server::{Reply, Server, Transport, response};
use crate::support::{asking, run};
use crate::zone::Zone;

const LIMIT: Duration = Duration::from_millis(15);

/// A packet whose id and question are right, and what follows is not.
fn with_tail(query: &Message, counts: [u16; 3], tail: &[u8]) -> Vec<u8> {
    let mut bytes = response(query).to_vec().expect("a message");
    for (i, count) in counts.iter().enumerate() {
        bytes[6 + 2 * i..8 + 2 * i].copy_from_slice(&count.to_be_bytes());
    }
    bytes.extend(tail);
    bytes
}

async fn lookup_ends(
    replies: impl Fn(&Message) -> Vec<Reply> + Send + Sync + 'static,
) -> Result<()> {
    let server = Server::start(move |query, _: Transport| replies(query)).await?;
    let dns = asking(&[&server]).timeout(LIMIT).build();
    let _ = dns.lookup("h.test", Family::Any).await;
    let _ = dns.lookup_txt("h.test").await;
    Ok(())
}

#[test]
fn packets_made_to_hurt_do_not() -> Result<()> {
    run(async {
        // A name that points at itself, at the next, ahead, at the end.
        let loops: [&[u8]; 4] = [
            &[0xc0, 0x18],
            &[0xc0, 0x1a, 0xc0, 0x18],
            &[0xc0, 0xff],
            &[0xff],
        ];
        for tail in loops {
            lookup_ends(move |query| vec![Reply::Bytes(with_tail(query, [1, 0, 0], tail))]).await?;
        }
        // Counts of what is not there.
        for counts in [[0xffff, 0, 0], [0, 0xffff, 0], [0, 0, 0xffff], [0xffff; 3]] {
            lookup_ends(move |query| vec![Reply::Bytes(with_tail(query, counts, &[]))]).await?;
        }
        // Record data that is longer than the packet, and longer than its kind.
        let header = [0xc0, 0x0c, 0, 1, 0, 1, 0, 0, 0, 60];
        for len in [[0xff, 0xff], [0, 0], [0, 3], [0, 5]] {
            let tail = [header.as_slice(), &len, &[192, 0, 2, 1]].concat();
            lookup_ends(move |query| vec![Reply::Bytes(with_tail(query, [1, 0, 0], &tail))])
                .await?;
        }
        Ok(())
    })
}

#[test]
fn any_bytes_behind_a_right_header_do_no_harm() {
    run_on_one_server(
        || {
            (
                any::<[u16; 3]>(),
                prop::collection::vec(any::<u8>(), 0..300),
            )
        },
        |query, (counts, tail)| with_tail(query, counts.map(|count| count % 4), tail),
    );
}

#[test]
fn a_right_answer_with_any_bytes_changed_does_no_harm() {
    let zone = Zone::new()
        .alias("h.test.", "g.test.")
        .address("g.test.", "192.0.2.1")
        .txt("g.test.", &["text"]);
    let changes = || prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6);
    run_on_one_server(changes, move |query, changes| {
        let mut bytes = zone.answer(query).to_vec().expect("a message");
        for (index, byte) in changes {
            let at = index.index(bytes.len());
            bytes[at] = *byte;
        }
        bytes
    });
}

/// One server and one runtime for all cases: each sets what is answered.
fn run_on_one_server<S, V>(
    strategy: impl Fn() -> S,
    packet: impl Fn(&Message, &V) -> Vec<u8> + Send + Sync + 'static,
) where
    S: Strategy<Value = V>,
    V: Clone + std::fmt::Debug + Send + Sync + 'static,
{
    let mut runner = TestRunner::new(Config {
        cases: 100,
        failure_persistence: None,
        ..Config::default()
    });
    let cases: Vec<V> = (0..runner.config().cases)
        .map(|_| {
            let tree = strategy().new_tree(&mut runner).expect("a case");
            tree.current()
        })
        .collect();
    run(async {
        let current: Arc<Mutex<Option<V>>> = Arc::default();
        let case = Arc::clone(&current);
        let server = Server::start(move |query, _: Transport| {
            let case = case.lock().expect("no panic before");
            vec![Reply::Bytes(packet(query, case.as_ref().expect("a case")))]
        })
        .await?;
        let dns = asking(&[&server]).timeout(LIMIT).cache_size(0).build();
        for value in cases {
            *current.lock().expect("no panic before") = Some(value);
            let _ = dns.lookup("h.test", Family::Any).await;
        }
        Ok::<(), net::Error>(())
    })
    .expect("a server");
}

#[test]
fn any_text_is_a_name_or_an_error() {
    let dns = crate::support::builder().build();
    let mut runner = TestRunner::new(Config {
        failure_persistence: None,
        ..Config::default()
    });
    let outcome = runner.run(&".{0,300}", |text| {
        // No server is known, so that nothing but the text decides.
        let _ = run(dns.lookup(&text, Family::Any));
        Ok(())
    });
    outcome.expect("no panic");
}
