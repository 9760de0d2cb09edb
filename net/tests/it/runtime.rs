//! The runtime: one after another, and the tasks in it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use net::Result;
use net::prelude::*;

use crate::support::{QUIET, SOON, echo, listen, pair, round_trip, run};

#[test]
fn one_runtime_after_another_works() -> Result<()> {
    for _ in 0..5 {
        run(async {
            let (mut dialed, mut accepted) = pair().await?;
            round_trip(&mut dialed, &mut accepted).await?;
            Result::<_>::Ok(())
        })?;
    }
    Ok(())
}

#[test]
fn the_end_of_main_ends_its_tasks_and_their_connections() -> Result<()> {
    let kept = Arc::new(());
    let address = run(async {
        let (listener, address) = listen().await?;
        let held = Arc::clone(&kept);
        net::spawn(async move {
            let accepted = listener.accept().await.map(|_| ());
            drop(held);
            accepted
        });
        net::time::sleep(Duration::from_millis(5)).await;
        Result::<_>::Ok(address)
    })?;
    assert_eq!(Arc::strong_count(&kept), 1);
    run(async {
        net::dial("tcp", &address)
            .await
            .expect_err("the listener is gone");
    });
    Ok(())
}

#[test]
fn an_aborted_task_says_so() {
    run(async {
        let task = net::spawn(std::future::pending::<()>());
        tokio::task::yield_now().await;
        assert!(!task.is_finished());
        task.abort();
        let error = task.await.expect_err("aborted");
        assert!(error.is_cancelled());
        assert!(!error.is_panic());
        let error = net::Error::from(error);
        assert!(error.to_string().starts_with("run: "), "{error}");
    });
}

#[test]
fn dropping_a_handle_lets_the_task_go_on() -> Result<()> {
    run(async {
        let (dialed, accepted) = pair().await?;
        drop(net::spawn(echo(accepted)));
        let mut dialed = dialed;
        dialed.write_u8(5).await?;
        assert_eq!(dialed.read_u8().await?, 5);
        Ok(())
    })
}

#[test]
fn a_task_that_ends_at_once_is_joined_without_waiting_for_a_tick() -> Result<()> {
    const COUNT: u32 = 10_000;
    run(async {
        let start = Instant::now();
        for i in 0..COUNT {
            assert_eq!(net::spawn(async move { i }).await?, i);
        }
        for i in 0..COUNT {
            assert_eq!(tokio::spawn(async move { i }).await.ok(), Some(i));
        }
        // A tick of a millisecond each would be 20 s.
        let took = start.elapsed();
        assert!(took < SOON, "{took:?}");
        Ok(())
    })
}

#[test]
fn a_connection_moves_from_task_to_task() -> Result<()> {
    run(async {
        let (mut dialed, mut accepted) = pair().await?;
        for _ in 0..20 {
            // Each task has waited for the stream before the next has it.
            let early = net::time::timeout(Duration::from_millis(1), dialed.read_u8()).await;
            assert!(early.is_err());
            let reader = net::spawn(async move {
                let byte = dialed.read_u8().await?;
                std::io::Result::Ok((byte, dialed))
            });
            tokio::task::yield_now().await;
            accepted.write_u8(9).await?;
            let (byte, back) = net::time::timeout(SOON, reader).await???;
            assert_eq!(byte, 9);
            dialed = back;
        }
        Ok(())
    })
}

#[test]
fn tasks_of_tokio_and_of_net_reach_each_other() -> Result<()> {
    run(async {
        let seen = Arc::new(AtomicUsize::new(0));
        let (send, mut receive) = tokio::sync::mpsc::unbounded_channel();
        for i in 0..10 {
            let (send, seen) = (send.clone(), Arc::clone(&seen));
            let task = async move {
                net::time::sleep(Duration::from_millis(i)).await;
                tokio::time::sleep(Duration::from_millis(i)).await;
                seen.fetch_add(1, Ordering::Relaxed);
                let _ = send.send(i);
            };
            if i % 2 == 0 {
                net::spawn(task);
            } else {
                tokio::spawn(task);
            }
        }
        drop(send);
        while net::time::timeout(SOON, receive.recv()).await?.is_some() {}
        assert_eq!(seen.load(Ordering::Relaxed), 10);
        Ok(())
    })
}

#[test]
fn main_is_woken_by_a_task_after_a_quiet_time() -> Result<()> {
    run(async {
        let (send, receive) = tokio::sync::oneshot::channel();
        net::spawn(async move {
            net::time::sleep(QUIET * 3).await;
            let _ = send.send(3);
        });
        assert_eq!(receive.await, Ok(3));
        Ok(())
    })
}
