//! The system's requests to end.

use std::io;
use std::sync::Once;
use std::thread;

use tokio::sync::SetOnce;

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
///
/// # Cancel safety
///
/// This method is cancel safe: a request is not lost if the future is dropped.
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
    ASKED.wait().await;
}

/// Forgets tasks that stop waiting, such as those of connections that have ended.
static ASKED: SetOnce<()> = SetOnce::const_new();

/// Waits for requests, on a thread of its own: so it works with any runtime, while a
/// task blocks, and at no cost for those who do not call [`shutdown`].
fn watch(started: impl FnOnce(io::Result<()>)) {
    let mut requests = match EndRequests::new() {
        Ok(requests) => requests,
        Err(error) => return started(Err(error)),
    };
    started(Ok(()));
    requests.next();
    // Nothing else sets it.
    let _ = ASKED.set(());
    std::process::exit(requests.next());
}
