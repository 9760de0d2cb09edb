//! Waiting for a socket with any number of tasks.

use std::fmt;
use std::future::{Future, poll_fn};
use std::io;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use net_traits::BoxFuture;

/// The waits for a direction of a socket, shared by all tasks that wait for it:
/// tokio wakes only the last task that polls.
pub(crate) struct Readiness {
    waiters: Arc<Waiters>,
    /// Wakes all of `waiters`.
    waker: Waker,
    /// Waits again and again, so that no wait allocates; made by the first one.
    waits: Mutex<Option<BoxFuture<'static, ()>>>,
    ended: Arc<Mutex<Option<io::Result<()>>>>,
}

impl Readiness {
    pub(crate) fn new() -> Self {
        let waiters = Arc::new(Waiters::default());
        Readiness {
            waker: Waker::from(Arc::clone(&waiters)),
            waiters,
            waits: Mutex::default(),
            ended: Arc::default(),
        }
    }

    /// Polls the wait in progress, or begins a new one.
    pub(crate) fn poll<F>(
        &self,
        cx: &mut Context<'_>,
        wait: impl Fn() -> F + Send + 'static,
    ) -> Poll<io::Result<()>>
    where
        F: Future<Output = io::Result<()>> + Send,
    {
        // First, so that no wake is missed.
        self.waiters.add(cx.waker());
        let mut place = lock(&self.waits);
        let waits = place.get_or_insert_with(|| {
            let ended = Arc::clone(&self.ended);
            Box::pin(async move {
                loop {
                    let result = wait().await;
                    *lock(&ended) = Some(result);
                    until_the_next_poll().await;
                }
            })
        });
        let polled = waits.as_mut().poll(&mut Context::from_waker(&self.waker));
        debug_assert!(polled.is_pending(), "the waits have no end");
        drop(place);
        match lock(&self.ended).take() {
            None => Poll::Pending,
            Some(result) => {
                self.waiters.wake_all_but(cx.waker());
                Poll::Ready(result)
            }
        }
    }
}

/// Is pending once. Nobody is woken: the next wait polls again.
async fn until_the_next_poll() {
    let mut is_polled = false;
    poll_fn(|_| {
        if mem::replace(&mut is_polled, true) {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    })
    .await;
}

impl fmt::Debug for Readiness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
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

    fn wake_all(&self) {
        self.wake(|_| true);
    }

    fn wake_all_but(&self, own: &Waker) {
        self.wake(|waker| !waker.will_wake(own));
    }

    fn wake(&self, is_woken: impl Fn(&Waker) -> bool) {
        let mut wakers = mem::take(&mut lock(&self.0).wakers);
        for waker in wakers.drain(..) {
            if is_woken(&waker) {
                waker.wake();
            }
        }
        // Its memory is kept for the next wait.
        let mut waiting = lock(&self.0);
        if waiting.wakers.capacity() == 0 {
            waiting.wakers = wakers;
        }
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
