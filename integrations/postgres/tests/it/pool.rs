//! Sessions that are reused.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use net::net_test;
use net_peers::Server;
use net_postgres::{Pool, PoolBuilder, Result};

use crate::support::{config, connector, server};

fn small(server: &Server) -> PoolBuilder {
    Pool::builder(connector(), config(server)).max_size(1)
}

#[net_test]
async fn a_session_is_reused() -> Result<()> {
    let Some(server) = server().await else {
        return Ok(());
    };
    let pool = small(&server).build();
    let mut processes = Vec::new();
    for _ in 0..3 {
        let client = pool.get().await?;
        let row = client.query_one("SELECT pg_backend_pid()", &[]).await?;
        processes.push(row.get::<_, i32>(0));
    }
    processes.dedup();
    assert_eq!((processes.len(), pool.size()), (1, 1));
    Ok(())
}

#[net_test]
async fn no_state_of_one_user_is_left_for_the_next() -> Result<()> {
    let Some(server) = server().await else {
        return Ok(());
    };
    let pool = small(&server).build();
    let client = pool.get().await?;
    client
        .batch_execute("CREATE TABLE t (n int4); CREATE TEMP TABLE mine (n int4)")
        .await?;
    client
        .batch_execute("SET statement_timeout = 77; BEGIN; INSERT INTO t VALUES (1)")
        .await?;
    drop(client);
    let client = pool.get().await?;
    let question = "SELECT (SELECT count(*) FROM t)::int4, to_regclass('mine') IS NULL, \
                    current_setting('statement_timeout')";
    let row = client.query_one(question, &[]).await?;
    assert_eq!((row.get(0), row.get(1), row.get(2)), (0_i32, true, "0"));
    Ok(())
}

#[net_test]
async fn a_session_whose_connection_has_ended_is_not_reused() -> Result<()> {
    let Some(mut server) = server().await else {
        return Ok(());
    };
    let pool = small(&server).build();
    pool.get().await?.batch_execute("SELECT 1").await?;
    server.restart().await;
    pool.get().await?.batch_execute("SELECT 1").await?;
    Ok(())
}

#[net_test]
async fn waiting_for_a_session_times_out() -> Result<()> {
    let Some(server) = server().await else {
        return Ok(());
    };
    let pool = small(&server);
    let pool = pool.wait_timeout(Some(Duration::from_millis(20))).build();
    let taken = pool.get().await?;
    let error = pool.get().await.unwrap_err();
    assert!(error.is_timeout(), "{error}");
    drop(taken);
    pool.get().await?;
    Ok(())
}

/// Polls a future the given number of times, and drops it if it is not ready.
async fn poll_times<F: Future>(future: F, times: usize) -> Option<F::Output> {
    let mut future = pin!(future);
    for _ in 0..times {
        let mut cx = Context::from_waker(Waker::noop());
        if let Poll::Ready(output) = future.as_mut().poll(&mut cx) {
            return Some(output);
        }
        // Lets others make progress meanwhile.
        net::time::sleep(Duration::from_millis(1)).await;
    }
    None
}

#[net_test]
async fn a_query_that_is_dropped_leaves_the_pool_usable() -> Result<()> {
    let Some(server) = server().await else {
        return Ok(());
    };
    let pool = small(&server).build();
    pool.get()
        .await?
        .batch_execute("CREATE TABLE t (n int4)")
        .await?;
    for times in 0.. {
        let work = async {
            let mut client = pool.get().await?;
            let transaction = client.transaction().await?;
            transaction.execute("INSERT INTO t VALUES (1)", &[]).await?;
            let row = transaction.query_one("SELECT 7", &[]).await?;
            assert_eq!(row.get::<_, i32>(0), 7);
            transaction.rollback().await?;
            Result::<_>::Ok(())
        };
        let done = poll_times(work, times).await;
        // Each query receives its own result, and no transaction is left open.
        let client = pool.get().await?;
        let row = client
            .query_one("SELECT count(*)::int4, 5 FROM t", &[])
            .await?;
        assert_eq!((row.get(0), row.get(1)), (0_i32, 5_i32));
        if done.transpose()?.is_some() {
            return Ok(());
        }
    }
    unreachable!()
}
