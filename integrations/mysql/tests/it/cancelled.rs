//! Futures that are dropped at each point at which they wait.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

use net::{Network, net_test};
use net_mysql::prelude::*;
use net_mysql::{Conn, Opts, Pool, Result, TxOpts};

use crate::scripted::{END, OK, Peer, against, column, text};

const STRING: u8 = 0xfd;

/// Polls a future at most the given number of times, yielding in between. Returns `None`, and
/// drops it, if it is not ready by then.
pub(crate) async fn polled<F: Future>(times: usize, future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    for _ in 0..times {
        let once = poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx)));
        if let Poll::Ready(output) = once.await {
            return Some(output);
        }
        tokio::task::yield_now().await;
    }
    None
}

/// Replies to each statement with rows, slowly, and to everything else with OK.
async fn answer_slowly<S>(mut peer: Peer<S>)
where
    S: net::prelude::AsyncRead + net::prelude::AsyncWrite + Unpin,
{
    let mut command = peer.log_in().await;
    while let Some(packet) = command {
        if packet.starts_with(b"\x03SELECT") {
            let rows = String::from_utf8_lossy(&packet[8..]).into_owned();
            for packet in [&[1][..], &column("a", STRING), &text(&rows), END] {
                // Byte by byte, so that the client waits for each of them.
                peer.send_slowly(packet).await;
            }
        } else {
            peer.send(OK).await;
        }
        command = peer.receive().await;
    }
}

#[net_test(backends(memory))]
async fn a_connection_runs_no_other_statement_after_a_cancelled_one(
    net: impl Network,
) -> Result<()> {
    let mut cancelled = 0;
    let mut ready = false;
    for times in 1.. {
        if ready {
            break;
        }
        let done = against(&net, answer_slowly, async |opts| {
            let mut conn = Conn::connect(&net, opts).await?;
            let first = polled(times, conn.query::<String, _>("SELECT first")).await;
            let Some(first) = first else {
                match conn.query_first::<String, _>("SELECT second").await {
                    Ok(second) => assert_eq!(second.as_deref(), Some("second")),
                    Err(error) => {
                        let closed = std::io::ErrorKind::NotConnected;
                        assert_eq!(error.kind(), closed, "{error}");
                    }
                }
                return Ok(false);
            };
            assert_eq!(first?, ["first"]);
            Ok(true)
        });
        ready = done.await?;
        cancelled += usize::from(!ready);
    }
    assert!(cancelled > 5, "it waited {cancelled} times only");
    Ok(())
}

#[net_test(backends(memory))]
async fn a_pool_does_not_reuse_a_connection_after_a_cancelled_statement(
    net: impl Network + Clone + 'static,
) -> Result<()> {
    for times in 1..40 {
        against(&net, answer_slowly, async |opts: Opts| {
            let pool = Pool::with_dialer(net.clone(), opts.with_pool_max(1))?;
            let mut conn = pool.get_conn().await?;
            polled(times, conn.query::<String, _>("SELECT first")).await;
            drop(conn);
            let mut conn = pool.get_conn().await?;
            let second: Option<String> = conn.query_first("SELECT second").await?;
            assert_eq!(second.as_deref(), Some("second"));
            Ok(())
        })
        .await?;
    }
    Ok(())
}

#[net_test(backends(memory))]
async fn a_pool_loses_no_slot_when_taking_a_connection_is_cancelled(
    net: impl Network + Clone + 'static,
) -> Result<()> {
    for times in 1..20 {
        against(&net, answer_slowly, async |opts: Opts| {
            let pool = Pool::with_dialer(net.clone(), opts.with_pool_max(1))?;
            drop(polled(times, pool.get_conn()).await);
            // Now with a connection that is reset first.
            drop(pool.get_conn().await?);
            drop(polled(times, pool.get_conn()).await);
            let mut conn = pool.get_conn().await?;
            conn.ping().await
        })
        .await?;
    }
    Ok(())
}

#[net_test(backends(memory))]
async fn a_transaction_that_is_dropped_is_rolled_back_before_anything_else(
    net: impl Network,
) -> Result<()> {
    let script = async |mut peer: Peer<_>| {
        let mut commands = vec![peer.log_in().await.expect("a command")];
        for _ in 0..3 {
            peer.send(OK).await;
            commands.push(peer.receive().await.expect("a command"));
        }
        let texts = ["START TRANSACTION ", "INSERT", "ROLLBACK", "SELECT"];
        for (command, text) in commands.iter().zip(texts) {
            assert_eq!(command, format!("\x03{text}").as_bytes());
        }
        peer.send(OK).await;
        peer.receive().await;
    };
    against(&net, script, async |opts| {
        let mut conn = Conn::connect(&net, opts).await?;
        let mut transaction = conn.start_transaction(TxOpts::new()).await?;
        transaction.query_drop("INSERT").await?;
        drop(transaction);
        conn.query_drop("SELECT").await
    })
    .await
}

#[net_test(backends(memory))]
async fn unread_rows_are_discarded_by_the_next_statement(net: impl Network) -> Result<()> {
    let script = async |mut peer: Peer<_>| {
        peer.log_in().await;
        for row in ["first", "second"] {
            peer.send(&[1]).await;
            peer.send(&column("a", STRING)).await;
            peer.send(&text(row)).await;
            peer.send(&text(row)).await;
            peer.send(END).await;
            peer.receive().await;
        }
    };
    against(&net, script, async |opts| {
        let mut conn = Conn::connect(&net, opts).await?;
        let mut result = conn.query_iter("SELECT").await?;
        assert!(result.next().await?.is_some());
        drop(result);
        let rows: Vec<String> = conn.query("SELECT").await?;
        assert_eq!(rows, ["second", "second"]);
        Ok(())
    })
    .await
}
