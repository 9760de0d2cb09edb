//! Sleeps, timeouts and intervals on a backend's clock.

use std::future::{pending, ready};
use std::io::{self, ErrorKind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use net_time::{Elapsed, Interval, deadline_after, sleep, timeout, timeout_at};
use net_traits::{Error, Timer};

use crate::clock::Clock;

const SECOND: Duration = Duration::from_secs(1);

/// How late tokio's timers may be.
const LATE: Duration = Duration::from_millis(2);

fn assert_about(elapsed: Duration, expected: Duration) {
    assert!(elapsed >= expected, "{elapsed:?} is before {expected:?}");
    assert!(
        elapsed <= expected + LATE,
        "{elapsed:?} is after {expected:?}"
    );
}

async fn elapsed_of(fake: &Clock, future: impl Future<Output = ()>) -> Duration {
    let start = fake.now();
    future.await;
    fake.now() - start
}

#[tokio::test(start_paused = true)]
async fn a_sleep_takes_its_time() {
    let fake = Clock::new();
    for duration in [
        Duration::ZERO,
        Duration::from_millis(1),
        SECOND,
        3600 * SECOND,
    ] {
        assert_about(elapsed_of(&fake, sleep(&fake, duration)).await, duration);
    }
}

#[tokio::test(start_paused = true)]
async fn a_future_that_is_done_in_time_gives_its_output() {
    let fake = Clock::new();
    let slow = async {
        sleep(&fake, SECOND).await;
        7
    };
    assert_eq!(timeout(&fake, 2 * SECOND, slow).await, Ok(7));
    assert_eq!(fake.clock(), 1000);
}

#[tokio::test(start_paused = true)]
async fn a_future_that_takes_too_long_is_dropped_when_the_time_is_over() {
    let fake = Clock::new();
    let alive = Arc::new(());
    let held = Arc::clone(&alive);
    let forever = async move {
        pending::<()>().await;
        drop(held);
    };
    let start = fake.now();
    let result = timeout(&fake, SECOND, forever).await;
    assert!(result.is_err());
    assert_about(fake.now() - start, SECOND);
    assert_eq!(Arc::strong_count(&alive), 1);
}

#[tokio::test(start_paused = true)]
async fn a_future_that_is_ready_wins_over_a_time_that_is_over() {
    let fake = Clock::new();
    assert_eq!(timeout(&fake, Duration::ZERO, ready(7)).await, Ok(7));
    let past = fake.now();
    tokio::time::advance(SECOND).await;
    assert_eq!(timeout_at(&fake, past, ready(7)).await, Ok(7));
}

#[tokio::test(start_paused = true)]
async fn a_deadline_in_the_past_is_over_at_once() {
    let fake = Clock::new();
    let past = fake.now();
    tokio::time::advance(SECOND).await;
    let start = fake.now();
    assert!(timeout_at(&fake, past, pending::<()>()).await.is_err());
    assert!(
        timeout(&fake, Duration::ZERO, pending::<()>())
            .await
            .is_err()
    );
    assert_about(fake.now() - start, Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_deadline_is_an_instant() {
    let fake = Clock::new();
    let start = fake.now();
    let deadline = start + SECOND;
    sleep(&fake, SECOND / 2).await;
    assert!(timeout_at(&fake, deadline, pending::<()>()).await.is_err());
    assert_about(fake.now() - start, SECOND);
}

#[tokio::test(start_paused = true)]
async fn the_inner_of_two_timeouts_may_be_the_shorter() {
    let fake = Clock::new();
    let inner = timeout(&fake, SECOND, pending::<()>());
    let result = timeout(&fake, 2 * SECOND, inner).await;
    assert!(result.unwrap().is_err());
}

#[tokio::test(start_paused = true)]
async fn a_timeout_starts_when_it_is_made() {
    let fake = Clock::new();
    let waiting = timeout(&fake, SECOND, pending::<()>());
    tokio::time::advance(SECOND).await;
    let start = fake.now();
    assert!(waiting.await.is_err());
    assert_about(fake.now() - start, Duration::ZERO);
}

/// tokio's own timeout fires here as well: it takes care that a future which
/// uses its task's whole budget up does not keep the timer from being asked.
#[tokio::test]
async fn a_future_that_is_always_busy_is_ended_too() {
    let fake = Clock::new();
    let give_up = Instant::now() + 2 * SECOND;
    let busy = async {
        while Instant::now() < give_up {
            tokio::task::consume_budget().await;
        }
    };
    let result = timeout(&fake, Duration::from_millis(20), busy).await;
    assert!(result.is_err(), "the timeout never fired");
}

#[test]
fn an_elapsed_timeout_says_so() {
    fn elapsed() -> Elapsed {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        runtime.block_on(async {
            timeout(&Clock::new(), SECOND, pending::<()>())
                .await
                .unwrap_err()
        })
    }
    assert_eq!(elapsed().to_string(), "deadline has elapsed");

    let io = io::Error::from(elapsed());
    assert_eq!(io.kind(), ErrorKind::TimedOut);
    assert_eq!(io.to_string(), "deadline has elapsed");
    assert!(io.get_ref().unwrap().is::<Elapsed>());

    let error = Error::from(elapsed());
    assert!(error.is_timeout());
    assert_eq!(error.kind(), ErrorKind::TimedOut);
}

#[tokio::test(start_paused = true)]
async fn the_question_mark_takes_an_elapsed_timeout() {
    async fn operation(fake: &Clock) -> net_traits::Result<()> {
        timeout(fake, SECOND, pending::<()>()).await?;
        Ok(())
    }
    assert!(operation(&Clock::new()).await.unwrap_err().is_timeout());
}

#[test]
fn a_deadline_is_so_long_after_now() {
    let now = Instant::now();
    assert_eq!(deadline_after(now, Duration::ZERO), now);
    assert_eq!(deadline_after(now, SECOND), now + SECOND);
}

#[test]
fn a_deadline_that_no_clock_can_tell_is_far_away() {
    let now = Instant::now();
    let year = 365 * 86_400 * SECOND;
    for duration in [
        Duration::MAX,
        Duration::from_secs(u64::MAX - 1),
        Duration::from_secs(u64::MAX),
    ] {
        assert!(deadline_after(now, duration) >= now + 10 * year);
    }
}

#[tokio::test(start_paused = true)]
async fn the_longest_durations_wait_without_a_panic() {
    let fake = Clock::new();
    for duration in [Duration::MAX, longest_from(fake.now())] {
        let long = sleep(&fake, duration);
        assert!(timeout(&fake, SECOND, long).await.is_err());
        let output = timeout(&fake, duration, async {
            sleep(&fake, SECOND).await;
            7
        });
        assert_eq!(output.await, Ok(7));
    }
}

/// The longest duration after which the clock can still tell the time.
fn longest_from(now: Instant) -> Duration {
    let mut longest = Duration::ZERO;
    let mut step = Duration::MAX;
    while !step.is_zero() {
        if let Some(longer) = longest.checked_add(step)
            && now.checked_add(longer).is_some()
        {
            longest = longer;
        }
        step /= 2;
    }
    longest
}

#[tokio::test(start_paused = true)]
async fn an_interval_ticks_at_once_and_then_at_whole_periods() {
    let fake = Clock::new();
    let start = fake.now();
    let mut interval = Interval::new(fake.clone(), SECOND);
    for i in 0..5 {
        let due = interval.tick().await;
        assert_eq!(due, start + i * SECOND);
        assert_about(fake.now() - start, i * SECOND);
    }
}

#[tokio::test(start_paused = true)]
async fn work_between_ticks_does_not_shift_them() {
    let fake = Clock::new();
    let start = fake.now();
    let mut interval = Interval::new(fake.clone(), SECOND);
    for i in 0..5 {
        assert_eq!(interval.tick().await, start + i * SECOND);
        sleep(&fake, SECOND * 7 / 10).await;
    }
}

#[tokio::test(start_paused = true)]
async fn ticks_that_nobody_waited_for_are_skipped() {
    let fake = Clock::new();
    let start = fake.now();
    let mut interval = Interval::new(fake.clone(), SECOND);
    interval.tick().await;
    tokio::time::advance(SECOND * 7 / 2).await;

    // The one that is overdue comes at once, those behind it never.
    assert_eq!(interval.tick().await, start + SECOND);
    assert_about(fake.now() - start, SECOND * 7 / 2);
    assert_eq!(interval.tick().await, start + 4 * SECOND);
    assert_about(fake.now() - start, 4 * SECOND);
    assert_eq!(interval.tick().await, start + 5 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn a_tick_that_is_a_whole_number_of_periods_late_skips_them() {
    let fake = Clock::new();
    let start = fake.now();
    let mut interval = Interval::new(fake.clone(), SECOND);
    tokio::time::advance(3 * SECOND).await;
    assert_eq!(interval.tick().await, start);
    assert_eq!(interval.tick().await, start + 4 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn a_tick_is_never_early() {
    let fake = Clock::new();
    let mut interval = Interval::new(fake.clone(), Duration::from_micros(1_700));
    let mut last = None;
    for i in 0..200 {
        let due = interval.tick().await;
        assert!(due <= fake.now());
        assert!(last < Some(due), "each tick is later than the one before");
        last = Some(due);
        if i % 7 == 0 {
            sleep(&fake, Duration::from_millis(i)).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn dropping_a_tick_loses_none() {
    let fake = Clock::new();
    let start = fake.now();
    let mut interval = Interval::new(fake.clone(), SECOND);
    interval.tick().await;
    assert!(timeout(&fake, SECOND / 2, interval.tick()).await.is_err());
    assert_eq!(interval.tick().await, start + SECOND);
    assert_about(fake.now() - start, SECOND);
}

#[tokio::test(start_paused = true)]
async fn an_interval_of_a_nanosecond_that_was_left_alone_does_not_catch_up() {
    let fake = Clock::new();
    let mut interval = Interval::new(fake.clone(), Duration::from_nanos(1));
    interval.tick().await;
    tokio::time::advance(10 * SECOND).await;
    interval.tick().await;
    let now = fake.now();
    assert!(
        interval.tick().await >= now,
        "a tick that was to be skipped"
    );
}

#[tokio::test(start_paused = true)]
async fn an_interval_of_the_longest_period_ticks_once() {
    let fake = Clock::new();
    let mut interval = Interval::new(fake.clone(), Duration::MAX);
    interval.tick().await;
    let hour = 3600 * SECOND;
    assert!(timeout(&fake, hour, interval.tick()).await.is_err());
}

#[tokio::test]
#[should_panic(expected = "period")]
async fn an_interval_without_a_period_is_a_mistake_of_the_caller() {
    let _ = Interval::new(Clock::new(), Duration::ZERO);
}
