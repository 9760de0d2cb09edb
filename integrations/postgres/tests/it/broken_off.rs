//! Connections that end or stall, and cancellations, in each state of the protocol.

use std::time::Duration;

use net::memory::MemoryNet;
use net::net_test;
use net::prelude::*;
use net_postgres::{Pool, Result};

use crate::conversation::{converse, polled, select};
use crate::scripted::{Fault, pool_with};

async fn converse_with(pool: &Pool) -> Result<()> {
    converse(&mut *pool.get().await?, 1).await
}

/// The pool returns a working session.
async fn expect_fresh(pool: &Pool, number: i32) {
    let client = pool.get().await.unwrap();
    select(&**client, number).await.unwrap();
    assert_eq!(pool.size(), 1);
}

/// The number of bytes that the server sends in a whole conversation.
async fn whole(net: &MemoryNet) -> usize {
    let mut len = 16;
    while converse_with(&pool_with(net, vec![Fault::Cut(len)]).await)
        .await
        .is_err()
    {
        len += 16;
    }
    len
}

#[net_test(backend = memory, start_paused)]
async fn a_connection_that_ends_anywhere_is_an_error_and_the_pool_recovers(net: MemoryNet) {
    let mut failed = 0;
    for len in 0.. {
        let pool = pool_with(&net, vec![Fault::Cut(len)]).await;
        if converse_with(&pool).await.is_ok() {
            break;
        }
        expect_fresh(&pool, 1000).await;
        failed = len;
    }
    // Each byte was needed.
    assert!(failed > 400, "{failed} bytes");
}

#[net_test(backend = memory, start_paused)]
async fn a_connection_that_is_reset_anywhere_is_an_error_and_the_pool_recovers(net: MemoryNet) {
    for of_server in [true, false] {
        let mut failed = 0;
        for bytes in (0..).step_by(5) {
            let pool = pool_with(&net, vec![]).await;
            let rule = if of_server {
                net.rule().from("db")
            } else {
                net.rule().to("db")
            };
            let reset = rule.reset_after(bytes);
            let result = converse_with(&pool).await;
            drop(reset);
            expect_fresh(&pool, 1000).await;
            if result.is_ok() {
                break;
            }
            failed = bytes;
        }
        assert!(failed > 400, "{failed} bytes");
    }
}

#[net_test(backend = memory, start_paused)]
async fn a_server_that_stalls_anywhere_times_out_and_the_pool_recovers(net: MemoryNet) {
    for len in (0..whole(&net).await - 16).step_by(5) {
        let pool = pool_with(&net, vec![Fault::Stall(len)]).await;
        // Connecting has a timeout of its own; a query has only that of its caller.
        let limit = Duration::from_secs(20);
        match net::time::timeout(limit, converse_with(&pool)).await {
            Ok(result) => assert!(result.unwrap_err().is_timeout(), "{len} bytes"),
            Err(_) => assert!(len >= 67, "{len} bytes, and it was let in"),
        }
        expect_fresh(&pool, 1000).await;
    }
}

#[net_test(backend = memory, start_paused)]
async fn a_conversation_that_is_dropped_anywhere_leaves_the_pool_usable(net: MemoryNet) {
    let mut number = 1000;
    let mut dropped = 0;
    loop {
        // It is the same session each time, unless one was dropped while it connected.
        let pool = pool_with(&net, vec![]).await;
        expect_fresh(&pool, 1).await;
        let done = polled(dropped, converse_with(&pool)).await;
        for _ in 0..3 {
            expect_fresh(&pool, number).await;
            number += 1;
        }
        if let Some(result) = done {
            result.unwrap();
            break;
        }
        dropped += 1;
    }
    assert!(dropped > 10, "it waited {dropped} times only");
}

#[net_test(backend = memory)]
async fn endless_rows_can_be_read_in_part(net: MemoryNet) {
    use std::future::poll_fn;
    use std::pin::pin;

    use futures_core::Stream;

    let pool = pool_with(&net, vec![Fault::Endless]).await;
    let client = pool.get().await.unwrap();
    let none: [i32; 0] = [];
    let rows = client.query_raw("SELECT 7", none).await.unwrap();
    let mut rows = pin!(rows);
    for _ in 0..1000 {
        let row = poll_fn(|cx| rows.as_mut().poll_next(cx)).await.unwrap();
        assert_eq!(row.unwrap().get::<_, i32>(0), 7);
    }
    drop(client);
    // The session is still busy, and is not reused.
    expect_fresh(&pool, 1000).await;
}
