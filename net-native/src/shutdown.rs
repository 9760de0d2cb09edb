//! The system's requests to end.

use std::future::poll_fn;
use std::io;
use std::sync::{Mutex, MutexGuard, Once, PoisonError};
use std::task::{Poll, Waker};
use std::thread;

use crate::sys::EndRequests;

/// Waits until the program is asked to end: by SIGTERM or SIGINT on Unix, by Ctrl-C
/// and the like on Windows.
///
/// The first call starts to catch these signals, and from then on they do not end the
/// program by themselves; a second one does, at once. Once the program was asked,
/// every call is ready.
///
/// # Panics
///
/// Panics if the system refuses a thread or to catch signals.
pub async fn shutdown() {
    static START: Once = Once::new();
    START.call_once(|| {
        let (ready, is_ready) = std::sync::mpsc::channel();
        let watch = move || watch(|started| drop(ready.send(started)));
        let thread = thread::Builder::new().name("shutdown".to_owned());
        thread.spawn(watch).expect("a thread to wait for signals");
        let started = is_ready.recv().expect("the thread tells");
        started.expect("the system lets a program catch its signals");
    });
    poll_fn(|cx| {
        let mut state = lock();
        if state.is_asked {
            return Poll::Ready(());
        }
        if !state
            .waiting
            .iter()
            .any(|other| other.will_wake(cx.waker()))
        {
            state.waiting.push(cx.waker().clone());
        }
        Poll::Pending
    })
    .await;
}

static STATE: Mutex<State> = Mutex::new(State {
    is_asked: false,
    waiting: Vec::new(),
});

struct State {
    is_asked: bool,
    waiting: Vec<Waker>,
}

/// On a thread and a runtime of its own, so that it works with any runtime, and
/// beside a task that blocks.
fn watch(started: impl FnOnce(io::Result<()>)) {
    let runtime = match tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => return started(Err(error)),
    };
    runtime.block_on(async {
        let mut requests = match EndRequests::new() {
            Ok(requests) => requests,
            Err(error) => return started(Err(error)),
        };
        started(Ok(()));
        requests.next().await;
        let waiting = {
            let mut state = lock();
            state.is_asked = true;
            std::mem::take(&mut state.waiting)
        };
        waiting.into_iter().for_each(Waker::wake);
        let code = requests.next().await;
        std::process::exit(code);
    });
}

fn lock() -> MutexGuard<'static, State> {
    STATE.lock().unwrap_or_else(PoisonError::into_inner)
}
