//! Waiting, exact on every target.
//!
//! tokio's own timers work too. On `wasm32-wasip1` they may be late by an
//! eighth of their length, since tokio does not tell when its next one is due;
//! those here wake at their time.

use std::future::Future;
use std::time::{Duration, Instant};

use crate::backend::Backend;

pub use net_dial::time::Elapsed;

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
/// Outside of a runtime.
#[must_use = "futures do nothing unless awaited"]
pub fn sleep(duration: Duration) -> Sleep {
    net_dial::time::sleep(&Backend::default(), duration)
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
/// [`Elapsed`], and the future is dropped, when the time is over.
///
/// # Panics
///
/// Outside of a runtime.
pub fn timeout<F: Future>(duration: Duration, future: F) -> Timeout<F> {
    net_dial::time::timeout(&Backend::default(), duration, future)
}

/// Runs a future until `deadline` at most; see [`timeout`].
pub fn timeout_at<F: Future>(deadline: Instant, future: F) -> Timeout<F> {
    net_dial::time::timeout_at(&Backend::default(), deadline, future)
}

/// Ticks once per period; see [`Interval`](net_dial::time::Interval).
///
/// # Panics
///
/// If the period is zero.
#[must_use]
pub fn interval(period: Duration) -> Interval {
    net_dial::time::Interval::new(Backend::default(), period)
}

/// The future of [`sleep`].
pub type Sleep = <Backend as net_traits::Timer>::Sleep;

/// The future of [`timeout`].
pub type Timeout<F> = net_dial::time::Timeout<Backend, F>;

/// What [`interval`] gives.
pub type Interval = net_dial::time::Interval<Backend>;
