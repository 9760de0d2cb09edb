//! Waiting: never too short, and whoever waits.

use std::future::{Future, pending, ready};
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use net::Result;
use net::prelude::*;
use net::time::{interval, sleep, sleep_until, timeout, timeout_at};

use crate::support::{QUIET, SOON, pair, round_trip, run};

const LENGTHS: [Duration; 8] = [
    Duration::ZERO,
    Duration::from_nanos(1),
    Duration::from_micros(300),
    Duration::from_millis(1),
    Duration::from_micros(1_700),
    Duration::from_millis(5),
    Duration::from_millis(20),
    Duration::from_millis(70),
];

/// Waits with a sleep of `length`, and fails if it took less or much more.
async fn check<F: Future<Output = ()>>(length: Duration, sleep: impl FnOnce(Duration) -> F) {
    let start = Instant::now();
    sleep(length).await;
    let took = start.elapsed();
    assert!(took >= length, "{took:?} instead of {length:?}");
    assert!(took < length + SOON, "{took:?} instead of {length:?}");
}

#[test]
fn a_sleep_is_never_early() {
    run(async {
        for length in LENGTHS.into_iter().cycle().take(40) {
            check(length, sleep).await;
            check(length, |length| sleep_until(Instant::now() + length)).await;
        }
    });
}

#[test]
fn a_sleep_of_tokio_is_never_early_in_main_and_in_tasks() -> Result<()> {
    async fn all() {
        for length in LENGTHS {
            check(length, tokio::time::sleep).await;
        }
    }
    run(async {
        all().await;
        net::spawn(all()).await?;
        tokio::spawn(all())
            .await
            .expect("a task that does not panic");
        Ok(())
    })
}

#[test]
fn a_deadline_in_the_past_is_ready_at_once() {
    run(async {
        let now = Instant::now();
        sleep_until(now).await;
        let past = now.checked_sub(Duration::from_millis(1)).unwrap_or(now);
        sleep_until(past).await;
        assert!(timeout_at(past, pending::<()>()).await.is_err());
        assert!(now.elapsed() < SOON);
    });
}

#[test]
fn a_timeout_ends_what_takes_too_long() {
    run(async {
        let start = Instant::now();
        let error = timeout(Duration::from_millis(20), pending::<()>())
            .await
            .expect_err("too long");
        assert!(start.elapsed() >= Duration::from_millis(20));
        assert_eq!(error.to_string(), "deadline has elapsed");
        assert_eq!(
            std::io::Error::from(error).kind(),
            std::io::ErrorKind::TimedOut
        );
    });
}

#[test]
fn a_timeout_gives_what_is_ready_in_time() {
    run(async {
        assert_eq!(timeout(Duration::from_secs(9), ready(1)).await, Ok(1));
        // What is ready is not lost, however late it is.
        assert_eq!(timeout(Duration::ZERO, ready(2)).await, Ok(2));
        let slow = async {
            sleep(Duration::from_millis(5)).await;
            3
        };
        assert_eq!(timeout(SOON, slow).await, Ok(3));
    });
}

#[test]
fn an_endless_time_is_no_trouble() {
    run(async {
        assert_eq!(timeout(Duration::MAX, ready(1)).await, Ok(1));
        for endless in [Duration::MAX, Duration::from_secs(u64::from(u32::MAX))] {
            let outcome = timeout(Duration::from_millis(5), sleep(endless)).await;
            assert!(outcome.is_err());
        }
    });
}

#[test]
fn an_interval_ticks_at_once_and_then_once_per_period() {
    const PERIOD: Duration = Duration::from_millis(10);
    run(async {
        let start = Instant::now();
        let mut interval = interval(PERIOD);
        let first = interval.tick().await;
        for count in 1..=10 {
            let due = interval.tick().await;
            assert!(due >= first + PERIOD * count);
            assert!(Instant::now() >= due);
        }
        assert!(start.elapsed() >= PERIOD * 10);
        // Ticks that nobody waited for are skipped, and it stays in step.
        sleep(PERIOD * 3).await;
        let late = interval.tick().await;
        let next = interval.tick().await;
        assert!(next >= late + PERIOD);
        assert_eq!((next - first).as_nanos() % PERIOD.as_nanos(), 0);
    });
}

#[test]
fn a_tick_that_was_given_up_is_not_lost() {
    run(async {
        let mut interval = interval(Duration::from_millis(50));
        let first = interval.tick().await;
        for _ in 0..5 {
            let early = timeout(Duration::from_millis(1), interval.tick()).await;
            if let Ok(due) = early {
                // A slow machine: it was time.
                assert!(due > first);
                return;
            }
        }
        assert_eq!(interval.tick().await, first + Duration::from_millis(50));
    });
}

#[test]
fn many_sleeps_end_in_the_order_of_their_deadlines() -> Result<()> {
    const COUNT: u32 = 100;
    run(async {
        let ended = Arc::new(Mutex::new(Vec::new()));
        let start = Instant::now() + Duration::from_millis(20);
        let tasks: Vec<_> = (0..COUNT)
            .map(|i| {
                // All numbers below COUNT, out of order.
                let place = i * 37 % COUNT;
                let ended = Arc::clone(&ended);
                net::spawn(async move {
                    sleep_until(start + Duration::from_millis(2) * place).await;
                    ended.lock().expect("no panic").push(place);
                })
            })
            .collect();
        for task in tasks {
            task.await?;
        }
        let ended = ended.lock().expect("no panic");
        assert!(ended.is_sorted(), "{ended:?}");
        assert_eq!(ended.len(), COUNT as usize);
        Ok(())
    })
}

#[test]
fn ten_thousand_sleeps_at_once_all_end() -> Result<()> {
    run(async {
        let tasks: Vec<_> = (0..10_000)
            .map(|i| {
                let length = Duration::from_millis(i % 100);
                net::spawn(async move { check(length, sleep).await })
            })
            .collect();
        for task in tasks {
            task.await?;
        }
        Ok(())
    })
}

#[test]
fn a_dropped_sleep_is_harmless() -> Result<()> {
    run(async {
        for _ in 0..1_000 {
            tokio::select! {
                biased;
                () = sleep(Duration::from_secs(600)) => unreachable!(),
                () = tokio::task::yield_now() => {}
            }
        }
        drop(sleep(Duration::from_millis(1)));
        let task = net::spawn(sleep(Duration::from_millis(5)));
        tokio::task::yield_now().await;
        task.abort();
        task.await.expect_err("aborted");
        check(Duration::from_millis(20), sleep).await;
        Ok(())
    })
}

#[test]
fn a_sleep_that_moves_to_another_task_wakes_that_one() -> Result<()> {
    run(async {
        let mut moved = Box::pin(sleep(Duration::from_millis(50)));
        tokio::select! {
            biased;
            () = &mut moved => {}
            () = tokio::task::yield_now() => {}
        }
        timeout(SOON, net::spawn(moved)).await??;
        Ok(())
    })
}

#[test]
fn sleeps_and_connections_do_not_disturb_each_other() -> Result<()> {
    run(async {
        let (mut dialed, mut accepted) = pair().await?;
        let ticking = net::spawn(async {
            for _ in 0..20 {
                check(Duration::from_millis(3), sleep).await;
            }
        });
        while !ticking.is_finished() {
            round_trip(&mut dialed, &mut accepted).await?;
        }
        ticking.await?;
        Ok(())
    })
}

#[test]
fn a_sleep_ends_while_all_connections_are_idle() -> Result<()> {
    run(async {
        let (mut dialed, _accepted) = pair().await?;
        let reader = net::spawn(async move { dialed.read_u8().await });
        check(QUIET, sleep).await;
        check(QUIET, tokio::time::sleep).await;
        assert!(!reader.is_finished());
        reader.abort();
        Ok(())
    })
}

#[test]
fn tokios_timeouts_and_intervals_work_after_a_quiet_time() -> Result<()> {
    async fn all() {
        sleep(QUIET).await;
        let start = Instant::now();
        let mut interval = tokio::time::interval(Duration::from_millis(5));
        for _ in 0..5 {
            interval.tick().await;
        }
        let mut never = pin!(tokio::time::timeout(
            Duration::from_millis(20),
            pending::<()>()
        ));
        assert!(never.as_mut().await.is_err());
        let took = start.elapsed();
        assert!(took >= Duration::from_millis(40), "{took:?}");
        assert!(took < SOON, "{took:?}");
    }
    run(async {
        all().await;
        net::spawn(all()).await?;
        tokio::spawn(all())
            .await
            .expect("a task that does not panic");
        Ok(())
    })
}
