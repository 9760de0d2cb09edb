//! Connections that end or stall, and cancellations, in every state of a conversation: each is an
//! error rather than a hang, and a pool continues with another connection.

use std::io::ErrorKind;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use net::memory::{MemoryNet, OnMemory};
use net::{Net, Network, net_test};
use net_mysql::{Conn, Error, Pool, Result};

use crate::cancelled::polled;
use crate::conversation::{TwoLines, ask, pool_of_one, serve, talk};
use crate::scripted::{Fault, Peer, against};

/// Asserts that the network or the server ended a conversation.
pub(crate) fn assert_is_of_the_connection(error: &Error, after: usize) {
    let kinds = [
        ErrorKind::BrokenPipe,
        ErrorKind::ConnectionAborted,
        ErrorKind::ConnectionReset,
        ErrorKind::UnexpectedEof,
    ];
    let kind = error.kind();
    assert!(kinds.contains(&kind), "after {after}: {kind:?}, {error}");
}

/// Uses a pool whose first connection fails after the server has sent the given number of bytes.
/// Returns the result, and whether the connection failed. If so, or if it must not fail, a second
/// conversation must succeed.
async fn with_fault<N: Network + Clone + 'static, T>(
    net: &N,
    fault: Option<(usize, Fault)>,
    first_use: impl AsyncFnOnce(&Pool<N>) -> T,
) -> Result<(T, bool)> {
    let left = Arc::new(AtomicUsize::new(
        fault.map_or(usize::MAX, |(bytes, _)| bytes),
    ));
    let is_first = AtomicBool::new(true);
    let script = async |mut peer: Peer<N::Stream>| {
        if let Some((_, fault)) = fault
            && is_first.swap(false, Ordering::Relaxed)
        {
            peer.fail_after(&left, fault);
        }
        serve(&mut peer).await;
    };
    against(net, script, async |opts| {
        let opts = opts.with_connect_timeout(Duration::from_secs(3));
        let pool = pool_of_one(net.clone(), opts.with_password("secret"))?;
        let first = first_use(&pool).await;
        let has_failed = left.load(Ordering::Relaxed) == 0;
        if has_failed || fault.is_none() {
            talk(&pool, 1000).await?;
        }
        Ok((first, has_failed))
    })
    .await
}

/// Closes a connection after every multiple of `step` bytes.
async fn end_each<N: Network + Clone + 'static>(net: &N, step: usize) -> Result<()> {
    let mut errors = 0;
    for bytes in (0..).step_by(step) {
        let first = async |pool: &Pool<_>| talk(pool, 0).await;
        let (first, failed) = with_fault(net, Some((bytes, Fault::Close)), first).await?;
        match first {
            Err(error) => assert_is_of_the_connection(&error, bytes),
            Ok(()) if !failed => break,
            // It was idle, and the pool noticed.
            Ok(()) => continue,
        }
        errors += 1;
    }
    assert!(errors > 500 / step, "{errors}");
    Ok(())
}

#[net_test(backends(memory))]
async fn a_connection_that_ends_after_any_byte_is_an_error_and_is_replaced(
    net: impl Network + Clone + 'static,
) -> Result<()> {
    end_each(&net, 1).await
}

/// At fewer positions, since small native packets are slow.
#[net_test]
async fn a_connection_that_ends_is_an_error_and_is_replaced(net: Net) -> Result<()> {
    end_each(&net, 29).await
}

#[net_test(backend = memory)]
async fn a_connection_that_is_reset_after_any_byte_is_an_error_and_is_replaced(
    net: MemoryNet,
) -> Result<()> {
    for bytes in 1_u16.. {
        let script = async |mut peer: Peer<_>| serve(&mut peer).await;
        let first = against(&net, script, async |opts| {
            let pool = pool_of_one(net.clone(), opts.with_password("secret"))?;
            let rule = net.rule().tcp().reset_after(bytes.into());
            let first = talk(&pool, 0).await;
            drop(rule);
            talk(&pool, 1000).await?;
            Ok(first)
        });
        let Err(error) = first.await? else {
            assert!(bytes > 1000, "{bytes}");
            break;
        };
        assert_is_of_the_connection(&error, bytes.into());
    }
    Ok(())
}

/// The login has a timeout of its own; a statement has only that of its caller.
#[net_test(backend = memory, start_paused)]
async fn a_server_that_stalls_after_any_byte_times_out_and_is_replaced(
    net: MemoryNet,
) -> Result<()> {
    let (mut logins, mut statements) = (0, 0);
    for bytes in 0.. {
        let first = async |pool: &Pool<_>| {
            let limit = Duration::from_secs(10);
            net::time::timeout(limit, talk(pool, 0)).await
        };
        let (first, failed) = with_fault(&net, Some((bytes, Fault::Stall)), first).await?;
        match first {
            Ok(Err(error)) => {
                assert!(error.is_timeout(), "{bytes}: {error}");
                assert!(error.to_string().contains("127.0.0.1:"), "{error}");
                assert_eq!(statements, 0, "{bytes}: {error}");
                logins += 1;
            }
            Err(_) => statements += 1,
            Ok(Ok(())) if !failed => break,
            // It was idle, and the pool noticed.
            Ok(Ok(())) => {}
        }
    }
    assert!(logins > 100 && statements > 400, "{logins}, {statements}");
    Ok(())
}

#[net_test(backends(memory))]
async fn a_future_dropped_at_any_poll_leaves_no_reply_to_others(
    net: impl Network + Clone + 'static,
) -> Result<()> {
    for polls in 1.. {
        let first = async |pool: &Pool<_>| polled(polls, talk(pool, 0)).await;
        let (first, _) = with_fault(&net, None, first).await?;
        if let Some(done) = first {
            assert!(polls > 20, "{polls}");
            return done;
        }
    }
    Ok(())
}

#[net_test(backends(memory))]
async fn a_future_dropped_at_any_poll_leaves_a_connection_that_fails_or_replies_correctly(
    net: impl Network,
) -> Result<()> {
    let (mut refused, mut answered) = (0, 0);
    for polls in 1.. {
        let script = async |mut peer: Peer<_>| serve(&mut peer).await;
        let done = against(&net, script, async |opts| {
            let opts = opts.with_password("secret").with_local_infile(TwoLines);
            let mut conn = Conn::connect(&net, opts).await?;
            let done = polled(polls, ask(&mut conn, 0)).await;
            let after = ask(&mut conn, 1000).await;
            Ok((done, after))
        });
        let (done, after) = done.await?;
        match after {
            Ok(()) => answered += 1,
            Err(error) => {
                assert!(matches!(error, Error::Closed), "after {polls}: {error}");
                refused += 1;
            }
        }
        if let Some(done) = done {
            assert!(refused > 10 && answered > 0, "{refused}, {answered}");
            return done;
        }
    }
    Ok(())
}
