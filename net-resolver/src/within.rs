//! A timeout on a backend's clock.

use std::future::{Future, poll_fn};
use std::io;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use net_traits::Timer;

/// Runs a future for at most `duration`.
///
/// # Errors
///
/// Returns the error of the future, or one of kind
/// [`TimedOut`](io::ErrorKind::TimedOut).
pub(crate) async fn within<T: Timer, R>(
    timer: &T,
    duration: Duration,
    future: impl Future<Output = io::Result<R>>,
) -> io::Result<R> {
    let Some(deadline) = timer.now().checked_add(duration) else {
        return future.await;
    };
    let mut future = pin!(future);
    let mut sleep = pin!(timer.sleep_until(deadline));
    poll_fn(|cx| {
        if let Poll::Ready(result) = future.as_mut().poll(cx) {
            return Poll::Ready(result);
        }
        // The clock is checked too: in a task that has used up its budget, as
        // under a flood of forged responses, tokio's sleep does not complete.
        if timer.now() >= deadline || sleep.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        Poll::Pending
    })
    .await
}
