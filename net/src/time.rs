//! Sleeps, timeouts and intervals that are exact on every target.
//!
//! tokio's own timers work, too. On `wasm32-wasip1` they may be late, by at most 1 s,
//! because tokio does not tell when its next timer expires. The timers of this module
//! are exact there.

use std::future::Future;
use std::time::{Duration, Instant};

use crate::backend::Backend;

pub use net_time::Elapsed;

/// Returns the current time, on the clock that every deadline of this crate uses.
///
/// It follows a paused clock of tokio: in a test with `start_paused`,
/// [`Instant::now`] would be in the past after virtual time has run.
///
/// ```
/// # net::block_on(async {
/// use std::time::Duration;
///
/// let deadline = net::time::now() + Duration::from_millis(5);
/// net::time::sleep_until(deadline).await;
/// assert!(net::time::now() >= deadline);
/// # });
/// ```
#[must_use]
pub fn now() -> Instant {
    net_traits::Timer::now(&Backend::default())
}

/// Waits for `duration`.
///
/// ```
/// # net::block_on(async {
/// use std::time::Duration;
///
/// net::time::sleep(Duration::from_millis(5)).await;
/// # });
/// ```
///
/// # Panics
///
/// Panics outside of a runtime.
#[must_use = "futures do nothing unless awaited"]
pub fn sleep(duration: Duration) -> Sleep {
    net_time::sleep(&Backend::default(), duration)
}

/// Waits until `deadline`; see [`sleep`].
#[must_use = "futures do nothing unless awaited"]
pub fn sleep_until(deadline: Instant) -> Sleep {
    net_traits::Timer::sleep_until(&Backend::default(), deadline)
}

/// Runs a future for at most `duration`.
///
/// ```
/// # net::block_on(async {
/// use std::time::Duration;
///
/// let never = std::future::pending::<()>();
/// let result = net::time::timeout(Duration::from_millis(5), never).await;
/// assert!(result.is_err());
/// # });
/// ```
///
/// # Errors
///
/// Returns [`Elapsed`] if the future is not ready after `duration`. The timeout then
/// drops it.
///
/// # Panics
///
/// Panics outside of a runtime.
pub fn timeout<F: Future>(duration: Duration, future: F) -> Timeout<F> {
    net_time::timeout(&Backend::default(), duration, future)
}

/// Runs a future until `deadline` at the latest; see [`timeout`].
pub fn timeout_at<F: Future>(deadline: Instant, future: F) -> Timeout<F> {
    net_time::timeout_at(&Backend::default(), deadline, future)
}

/// Creates an interval that ticks once per period; see
/// [`Interval`](net_time::Interval).
///
/// # Panics
///
/// Panics if the period is zero.
#[must_use]
pub fn interval(period: Duration) -> Interval {
    net_time::Interval::new(Backend::default(), period)
}

/// The future of [`sleep`].
pub type Sleep = <Backend as net_traits::Timer>::Sleep;

/// The future of [`timeout`].
pub type Timeout<F> = net_time::Timeout<Backend, F>;

/// The ticks of [`interval`].
pub type Interval = net_time::Interval<Backend>;
