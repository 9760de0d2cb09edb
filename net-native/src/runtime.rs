use std::future::Future;

use tokio::runtime::Builder;

/// How many threads run tasks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Threads {
    /// The one that called [`block_on`].
    One,
    /// The given number; `None` is one per processor.
    Many(Option<usize>),
}

/// Runs a future to completion on a new tokio runtime, together with the tasks that it spawns.
///
/// # Panics
///
/// Panics if the system refuses a thread or a descriptor for the runtime, if called inside a
/// runtime, or for `Threads::Many(Some(0))`.
pub fn block_on<F: Future>(threads: Threads, future: F) -> F::Output {
    let mut builder = match threads {
        Threads::One => Builder::new_current_thread(),
        Threads::Many(count) => {
            let mut builder = Builder::new_multi_thread();
            if let Some(count) = count {
                builder.worker_threads(count);
            }
            builder
        }
    };
    builder
        .enable_all()
        .build()
        .expect("the system has threads and descriptors for a runtime")
        .block_on(future)
}
