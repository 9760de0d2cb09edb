use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Instant;

use crate::deadlines::TimerId;
use crate::runtime::{ensure_driven, with_reactor};

/// Waits until a deadline, for which the reactor wakes up exactly.
///
/// On a runtime of plain tokio it waits by tokio's clock, which may be paused.
///
/// # Panics
///
/// Polling it panics outside of a runtime, where nothing would ever wake the
/// task.
#[derive(Debug)]
#[must_use = "futures do nothing unless awaited"]
pub struct Sleep {
    deadline: Instant,
    waits: Option<Waits>,
}

#[derive(Debug)]
enum Waits {
    Reactor(TimerId),
    Tokio(Pin<Box<tokio::time::Sleep>>),
}

/// Returns the time by the clock that [`Sleep`] waits by.
pub(crate) fn now() -> Instant {
    match ensure_driven() {
        Ok(()) => Instant::now(),
        Err(_) => tokio::time::Instant::now().into_std(),
    }
}

impl Sleep {
    pub(crate) fn until(deadline: Instant) -> Self {
        Sleep {
            deadline,
            waits: None,
        }
    }

    fn poll_reactor(&mut self, cx: &Context<'_>) {
        let displaced = with_reactor(|reactor| {
            let timers = &mut reactor.deadlines;
            if let Some(Waits::Reactor(id)) = self.waits {
                let (waits, displaced) = timers.replace(id, cx.waker());
                if waits {
                    return displaced;
                }
            }
            let id = timers.insert(self.deadline, cx.waker().clone());
            self.waits = Some(Waits::Reactor(id));
            None
        });
        drop(displaced);
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if let Some(Waits::Tokio(sleep)) = &mut self.waits {
            return sleep.as_mut().poll(cx);
        }
        if now() >= self.deadline {
            return Poll::Ready(());
        }
        match ensure_driven() {
            Ok(()) => self.poll_reactor(cx),
            Err(_) if tokio::runtime::Handle::try_current().is_ok() => {
                let mut sleep = Box::pin(tokio::time::sleep_until(self.deadline.into()));
                let poll = sleep.as_mut().poll(cx);
                self.waits = Some(Waits::Tokio(sleep));
                return poll;
            }
            Err(error) => panic!("{error}"),
        }
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if let Some(Waits::Reactor(id)) = self.waits {
            let waker = with_reactor(|reactor| reactor.deadlines.remove(id));
            drop(waker);
        }
    }
}
