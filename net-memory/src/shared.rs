use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll};

use tokio::runtime::Handle;
use tokio::time::{Instant, Sleep};

use crate::state::{DriverState, State};
use crate::wire::selector::assert_outside_of_predicates;

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
    /// arrived. Waiting tasks are woken when the lock is free again, since a
    /// waker may run any code.
    pub(crate) fn with<R>(self: &Arc<Self>, action: impl FnOnce(&mut State) -> R) -> R {
        assert_outside_of_predicates();
        let mut state = self.lock();
        state.wire.set_now(Instant::now());
        state.deliver_due();
        let result = action(&mut state);
        // What the action has sent, and what follows from it at once.
        state.deliver_due();
        let driver = Driver::if_needed(self, &mut state);
        let wakers = std::mem::take(&mut state.wire.woken);
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

/// A task that delivers what is on its way when it is due. It lives as long as
/// something is on its way.
struct Driver {
    shared: Weak<Shared>,
    sleep: Option<Pin<Box<Sleep>>>,
}

impl Driver {
    /// A driver, with the runtime to run it, if something is on its way and none
    /// is there. Outside of a runtime, time passes only as the network is used.
    fn if_needed(shared: &Arc<Shared>, state: &mut State) -> Option<(Handle, Driver)> {
        let next = state.wire.next_at()?;
        let driver = &mut state.driver;
        if driver.is_running {
            if driver.until.is_none_or(|until| next < until) {
                state.wire.woken.extend(driver.waker.take());
            }
            return None;
        }
        let runtime = Handle::try_current().ok()?;
        driver.is_running = true;
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
                let next = state.wire.next_at();
                state.driver = DriverState {
                    is_running: next.is_some(),
                    until: next,
                    waker: Some(cx.waker().clone()),
                };
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

/// Prints what a failing test needs: the seed, to have the same run again, and
/// the packets that led to the failure.
impl Drop for Shared {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let state = self.lock();
            eprint!("{}", state.trace());
        }
    }
}

/// The runtime of the driver may end before the network does; then the next
/// runtime that uses the network drives it.
impl Drop for Driver {
    fn drop(&mut self) {
        if let Some(shared) = self.shared.upgrade() {
            let mut state = shared.lock();
            state.driver = DriverState::default();
        }
    }
}
