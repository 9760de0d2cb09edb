use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll};

use tokio::runtime::Handle;
use tokio::time::{Instant, Sleep};

use crate::selector::assert_outside_of_predicates;
use crate::state::State;

/// The network, behind its lock.
pub(crate) struct Shared {
    state: Mutex<State>,
}

impl Shared {
    pub(crate) fn new(state: State) -> Arc<Self> {
        Arc::new(Shared {
            state: Mutex::new(state),
        })
    }

    /// Lets `action` see and change the network as it is now: what was due has
    /// arrived. Tasks that wait are woken when the lock is free again, since a
    /// waker may run anything.
    pub(crate) fn with<R>(self: &Arc<Self>, action: impl FnOnce(&mut State) -> R) -> R {
        assert_outside_of_predicates();
        let mut state = self.lock();
        state.now = Instant::now();
        state.deliver_due();
        let result = action(&mut state);
        let wakers = std::mem::take(&mut state.woken);
        let driver = Driver::if_needed(self, &mut state);
        drop(state);
        for waker in wakers {
            waker.wake();
        }
        if let Some((runtime, driver)) = driver {
            runtime.spawn(driver);
        }
        result
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A panic in between is a user's predicate, which changes nothing.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Shared(..)")
    }
}

/// Delivers what is on its way when its time has come. It is a task that lives
/// as long as something is on its way.
struct Driver {
    shared: Weak<Shared>,
    sleep: Option<Pin<Box<Sleep>>>,
}

impl Driver {
    /// One, with the runtime to run it, if something is on its way and no other
    /// is there. Outside of a runtime, time passes only as the network is used.
    fn if_needed(shared: &Arc<Shared>, state: &mut State) -> Option<(Handle, Driver)> {
        let next = state.queue.next_at()?;
        if state.is_driven {
            if state.driver_until.is_none_or(|until| next < until) {
                state.woken_driver();
            }
            return None;
        }
        let runtime = Handle::try_current().ok()?;
        state.is_driven = true;
        let shared = Arc::downgrade(shared);
        Some((
            runtime,
            Driver {
                shared,
                sleep: None,
            },
        ))
    }
}

impl Future for Driver {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            let Some(shared) = self.shared.upgrade() else {
                return Poll::Ready(());
            };
            let next = shared.with(|state| {
                let next = state.queue.next_at();
                state.driver_until = next;
                state.driver_waker = Some(cx.waker().clone());
                state.is_driven = next.is_some();
                next
            });
            let Some(next) = next else {
                return Poll::Ready(());
            };
            let sleep = match &mut self.sleep {
                Some(sleep) => {
                    sleep.as_mut().reset(next);
                    sleep
                }
                none => none.insert(Box::pin(tokio::time::sleep_until(next))),
            };
            if sleep.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
        }
    }
}

/// What a failing test needs: how to have the same run again, and what led to
/// the failure.
impl Drop for Shared {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let state = self.lock();
            eprint!("{}", state.recorder.trace(state.seed));
        }
    }
}

/// Its runtime may end before the network does, which the next one then drives.
impl Drop for Driver {
    fn drop(&mut self) {
        if let Some(shared) = self.shared.upgrade() {
            let mut state = shared.lock();
            state.is_driven = false;
            state.driver_waker = None;
        }
    }
}
