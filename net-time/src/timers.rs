//! Sleeps, timeouts and intervals.

use std::fmt;
use std::future::Future;
use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use net_traits::Timer;
use pin_project_lite::pin_project;
use tokio::task::coop;

/// Further in the future than anybody waits: 30 years.
const FAR: Duration = Duration::from_secs(86_400 * 365 * 30);

/// Returns the instant after `duration`, or one that is never reached.
#[must_use]
pub fn deadline_after(now: Instant, duration: Duration) -> Instant {
    now.checked_add(duration).unwrap_or(now + FAR)
}

/// Waits for `duration`.
pub fn sleep<T: Timer>(timer: &T, duration: Duration) -> T::Sleep {
    timer.sleep_until(deadline_after(timer.now(), duration))
}

/// Runs a future for at most `duration`.
///
/// # Errors
///
/// The output is [`Elapsed`] when the time is over, and the future is dropped.
pub fn timeout<T: Timer, F: Future>(timer: &T, duration: Duration, future: F) -> Timeout<T, F> {
    timeout_at(timer, deadline_after(timer.now(), duration), future)
}

/// Runs a future until `deadline` at most; see [`timeout`].
///
/// # Errors
///
/// The output is [`Elapsed`] when the time is over, and the future is dropped.
pub fn timeout_at<T: Timer, F: Future>(timer: &T, deadline: Instant, future: F) -> Timeout<T, F> {
    Timeout {
        future,
        sleep: timer.sleep_until(deadline),
    }
}

/// Runs a future until the deadline, if there is one; see [`timeout`].
///
/// # Errors
///
/// Returns [`Elapsed`] when the time is over, and drops the future.
pub async fn timeout_until<T: Timer, F: Future>(
    timer: &T,
    deadline: Option<Instant>,
    future: F,
) -> Result<F::Output, Elapsed> {
    match deadline {
        Some(deadline) => timeout_at(timer, deadline, future).await,
        None => Ok(future.await),
    }
}

pin_project! {
    /// The future of [`timeout`].
    #[derive(Debug)]
    #[must_use = "futures do nothing unless awaited"]
    pub struct Timeout<T: Timer, F> {
        #[pin]
        future: F,
        #[pin]
        sleep: T::Sleep,
    }
}

impl<T: Timer, F: Future> Future for Timeout<T, F> {
    type Output = Result<F::Output, Elapsed>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let had_budget = coop::has_budget_remaining();
        // First the future: what is ready at the last moment is not lost.
        if let Poll::Ready(output) = this.future.poll(cx) {
            return Poll::Ready(Ok(output));
        }
        let elapsed = if had_budget && !coop::has_budget_remaining() {
            // The future is always busy. That must not keep its timeout away.
            pin!(coop::unconstrained(this.sleep)).poll(cx)
        } else {
            this.sleep.poll(cx)
        };
        elapsed.map(|()| Err(Elapsed(())))
    }
}

/// A timeout is over. It converts into an [`io::Error`] of kind
/// [`TimedOut`](io::ErrorKind::TimedOut).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Elapsed(());

impl fmt::Display for Elapsed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("deadline has elapsed")
    }
}

impl std::error::Error for Elapsed {}

impl From<Elapsed> for io::Error {
    fn from(elapsed: Elapsed) -> Self {
        io::Error::new(io::ErrorKind::TimedOut, elapsed)
    }
}

impl From<Elapsed> for net_traits::Error {
    fn from(elapsed: Elapsed) -> Self {
        io::Error::from(elapsed).into()
    }
}

/// Ticks once per period: at once, then at whole periods from the start. Missed
/// ticks are skipped.
#[derive(Debug)]
pub struct Interval<T: Timer> {
    timer: T,
    period: Duration,
    next: Instant,
}

impl<T: Timer> Interval<T> {
    /// Creates an interval whose first tick is now.
    ///
    /// # Panics
    ///
    /// Panics if the period is zero.
    #[must_use]
    pub fn new(timer: T, period: Duration) -> Self {
        assert!(!period.is_zero(), "the period of an interval is not zero");
        let next = timer.now();
        Interval {
            timer,
            period,
            next,
        }
    }

    /// Waits for the next tick and returns the time at which it was due.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe: dropping the future loses no tick.
    pub async fn tick(&mut self) -> Instant {
        self.timer.sleep_until(self.next).await;
        let due = self.next;
        let period = self.period.as_nanos();
        let late = self.timer.now().saturating_duration_since(due).as_nanos();
        // The first whole period that is not over.
        let nanos = late - late % period + period;
        let nanos = u64::try_from(nanos).unwrap_or(u64::MAX);
        self.next = deadline_after(due, Duration::from_nanos(nanos));
        due
    }
}
