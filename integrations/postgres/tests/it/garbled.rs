//! Servers whose bytes are partly corrupted.

use std::time::Duration;

use net::memory::MemoryNet;
use net::net_test;
use net_postgres::Result;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use crate::conversation::{converse_unchecked, select};
use crate::scripted::{Fault, pool_with};

/// The number of conversations to corrupt.
const CASES: usize = 150;

/// The number of bytes of a conversation, or a few more.
const LENGTH: usize = 512;

/// Runs a conversation of which some bytes are corrupted. Afterwards the pool returns a working
/// session.
async fn converse_garbled(net: &MemoryNet, places: Vec<(usize, u8)>) -> Result<()> {
    let pool = pool_with(net, vec![Fault::Garble(places)]).await;
    let conversation = async { converse_unchecked(&mut *pool.get().await?).await };
    let result = net::time::timeout(Duration::from_secs(3600), conversation).await;
    let result = result.expect("it is over once the server hangs up");
    if result.is_err() {
        // The server closes an idle session.
        net::time::sleep(Duration::from_secs(3)).await;
        let client = pool.get().await?;
        select(&**client, 1000).await?;
    }
    result
}

#[net_test(backend = memory, start_paused)]
async fn any_bytes_from_a_server_are_a_response_or_an_error(net: MemoryNet) {
    let bytes = prop_oneof![any::<u8>(), Just(0), Just(0xff), Just(0x7f)];
    let places = prop::collection::vec((0..LENGTH, bytes), 1..4);
    let mut runner = TestRunner::deterministic();
    let mut failed = 0;
    for _ in 0..CASES {
        let places = places.new_tree(&mut runner).unwrap().current();
        let result = converse_garbled(&net, places).await;
        failed += usize::from(result.is_err());
    }
    assert!(failed > CASES / 4, "{failed} of {CASES}");
}
