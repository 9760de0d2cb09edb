use std::future::Future;
use std::pin::Pin;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

/// A future that completes after a given real time, whatever the runtime's clock says: a
/// thread of its own waits.
#[derive(Debug)]
#[must_use = "futures do nothing unless awaited"]
pub struct Alarm {
    state: Arc<Mutex<State>>,
    /// Dropping it ends the thread.
    _is_wanted: Sender<()>,
}

#[derive(Debug, Default)]
struct State {
    is_over: bool,
    waker: Option<Waker>,
}

impl Alarm {
    /// Creates an alarm that completes after the given time. If it is not dropped within
    /// `grace` after that, its thread calls `stuck`.
    ///
    /// # Panics
    ///
    /// Panics if the system refuses a thread.
    pub fn new(after: Duration, grace: Duration, stuck: impl FnOnce() + Send + 'static) -> Self {
        let state = Arc::new(Mutex::new(State::default()));
        let (is_wanted, end) = mpsc::channel();
        let shared = Arc::clone(&state);
        thread::Builder::new()
            .name("alarm".to_owned())
            .spawn(move || {
                if end.recv_timeout(after) != Err(RecvTimeoutError::Timeout) {
                    return;
                }
                let waker = {
                    let mut state = shared.lock().unwrap_or_else(PoisonError::into_inner);
                    state.is_over = true;
                    state.waker.take()
                };
                if let Some(waker) = waker {
                    waker.wake();
                }
                if end.recv_timeout(grace) == Err(RecvTimeoutError::Timeout) {
                    stuck();
                }
            })
            .expect("the system has a thread for an alarm");
        Alarm {
            state,
            _is_wanted: is_wanted,
        }
    }
}

impl Future for Alarm {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.is_over {
            return Poll::Ready(());
        }
        state.waker = Some(cx.waker().clone());
        Poll::Pending
    }
}
