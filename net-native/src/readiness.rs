//! Waiting for a socket with any number of tasks.

use std::io;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use net_traits::BoxFuture;

/// One wait for a direction of a socket, shared by all tasks that wait for it:
/// tokio wakes only the last task that polls.
pub(crate) struct Readiness {
    waiters: Arc<Waiters>,
    /// Wakes all of `waiters`.
    waker: Waker,
    wait: Mutex<Option<BoxFuture<'static, io::Result<()>>>>,
}

impl Readiness {
    pub(crate) fn new() -> Self {
        let waiters = Arc::new(Waiters::default());
        Readiness {
            waker: Waker::from(Arc::clone(&waiters)),
            waiters,
            wait: Mutex::default(),
        }
    }

    /// Polls the wait that is in progress, or a new one.
    pub(crate) fn poll(
        &self,
        cx: &mut Context<'_>,
        wait: impl FnOnce() -> BoxFuture<'static, io::Result<()>>,
    ) -> Poll<io::Result<()>> {
        // First, so that no wake is missed.
        self.waiters.add(cx.waker());
        let mut place = lock(&self.wait);
        let future = place.get_or_insert_with(wait);
        let polled = future.as_mut().poll(&mut Context::from_waker(&self.waker));
        if polled.is_ready() {
            *place = None;
            drop(place);
            self.waiters.remove(cx.waker());
            self.waiters.wake_all();
        }
        polled
    }
}

impl std::fmt::Debug for Readiness {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Readiness").finish_non_exhaustive()
    }
}

/// The tasks that wait. One that has stopped does not say so; to find them, when there are many,
/// all are woken, and those that still wait come back.
#[derive(Default)]
struct Waiters(Mutex<Waiting>);

#[derive(Default)]
struct Waiting {
    wakers: Vec<Waker>,
    /// Those that were woken to find out, less those that have come back.
    asked: Vec<Waker>,
    returned: usize,
    /// How many more there may be than [`FEW`] before all are woken.
    margin: usize,
}

/// The number of tasks up to which it does not matter whether they still wait.
const FEW: usize = 64;

impl Waiting {
    fn has(&self, waker: &Waker) -> bool {
        self.wakers.iter().any(|other| other.will_wake(waker))
    }

    /// Returns those to wake.
    fn add(&mut self, waker: &Waker) -> Vec<Waker> {
        let mut asked = Vec::new();
        if let Some(at) = self.asked.iter().position(|other| other.will_wake(waker)) {
            self.asked.swap_remove(at);
            self.returned += 1;
        }
        if self.wakers.len() >= FEW + self.margin {
            asked = mem::take(&mut self.wakers);
            self.asked.clone_from(&asked);
            // Twice as many, so that waking costs little however many wait.
            self.margin = 2 * mem::take(&mut self.returned);
        }
        self.wakers.push(waker.clone());
        asked
    }
}

impl Waiters {
    fn add(&self, waker: &Waker) {
        let mut waiting = lock(&self.0);
        if !waiting.has(waker) {
            let asked = waiting.add(waker);
            drop(waiting);
            asked.into_iter().for_each(Waker::wake);
        }
    }

    fn remove(&self, waker: &Waker) {
        lock(&self.0).wakers.retain(|other| !other.will_wake(waker));
    }

    fn wake_all(&self) {
        let wakers = mem::take(&mut lock(&self.0).wakers);
        wakers.into_iter().for_each(Waker::wake);
    }
}

impl Wake for Waiters {
    fn wake(self: Arc<Self>) {
        self.wake_all();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.wake_all();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
