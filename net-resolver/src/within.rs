//! A limit in time, on a backend's clock.

use std::future::{Future, poll_fn};
use std::io;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use net_traits::Timer;

/// Runs a future for so long.
///
/// # Errors
///
/// The future's own, and [`TimedOut`](io::ErrorKind::TimedOut).
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
        // Asked too: a sleep does not end in a task that was busy for so long
        // that it is to let others run, as under a flood of forged answers.
        if timer.now() >= deadline || sleep.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        Poll::Pending
    })
    .await
}
