use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Instant;

use net_traits::Timer;

/// Waits for an instant that may move.
///
/// It reuses one sleep and its memory. An instant that moves further away costs
/// nothing: the sleep ends too early then, and starts again.
pub struct Alarm<T: Timer> {
    timer: T,
    // The mutex is never locked: it makes a sleep that is only `Send` part of
    // a stream, which is `Sync`.
    sleep: Option<Mutex<Pin<Box<T::Sleep>>>>,
    rings_at: Option<Instant>,
}

// The sleep alone is pinned, in a box of its own.
impl<T: Timer> Unpin for Alarm<T> {}

impl<T: Timer> Alarm<T> {
    /// Creates an alarm that is not set.
    pub fn new(timer: T) -> Self {
        Alarm {
            timer,
            sleep: None,
            rings_at: None,
        }
    }

    /// Returns the time now.
    pub fn now(&self) -> Instant {
        self.timer.now()
    }

    /// Waits for the instant, which may be another with each call.
    pub fn poll_until(&mut self, instant: Instant, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            let rings_at = match self.rings_at {
                Some(rings_at) if rings_at <= instant => rings_at,
                _ => self.set(instant),
            };
            if let Some(sleep) = &mut self.sleep {
                ready!(pinned(sleep).as_mut().poll(cx));
            }
            self.rings_at = None;
            if rings_at == instant {
                return Poll::Ready(());
            }
        }
    }

    fn set(&mut self, instant: Instant) -> Instant {
        let new = self.timer.sleep_until(instant);
        match &mut self.sleep {
            Some(sleep) => pinned(sleep).set(new),
            none => *none = Some(Mutex::new(Box::pin(new))),
        }
        self.rings_at = Some(instant);
        instant
    }
}

fn pinned<S>(sleep: &mut Mutex<Pin<Box<S>>>) -> &mut Pin<Box<S>> {
    sleep.get_mut().unwrap_or_else(PoisonError::into_inner)
}

impl<T: Timer> fmt::Debug for Alarm<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Alarm")
            .field("rings_at", &self.rings_at)
            .finish_non_exhaustive()
    }
}
