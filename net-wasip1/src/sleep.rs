use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Instant;

use crate::deadlines::TimerId;
use crate::runtime::{ensure_driven, with_reactor};

/// Waits until a deadline, for which the reactor wakes exactly.
///
/// # Panics
///
/// Polling it panics outside of [`block_on`](crate::block_on), where nobody
/// would ever wake the task.
#[derive(Debug)]
#[must_use = "futures do nothing unless awaited"]
pub struct Sleep {
    deadline: Instant,
    timer: Option<TimerId>,
}

impl Sleep {
    pub(crate) fn until(deadline: Instant) -> Self {
        Sleep {
            deadline,
            timer: None,
        }
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if Instant::now() >= self.deadline {
            return Poll::Ready(());
        }
        if let Err(error) = ensure_driven() {
            panic!("{error}");
        }
        let displaced = with_reactor(|reactor| {
            let timers = &mut reactor.deadlines;
            if let Some(id) = self.timer {
                let (waits, displaced) = timers.replace(id, cx.waker());
                if waits {
                    return displaced;
                }
            }
            self.timer = Some(timers.insert(self.deadline, cx.waker().clone()));
            None
        });
        drop(displaced);
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if let Some(id) = self.timer {
            let waker = with_reactor(|reactor| reactor.deadlines.remove(id));
            drop(waker);
        }
    }
}
