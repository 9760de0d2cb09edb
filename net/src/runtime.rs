//! The runtime, for programs that start it without `#[net_main]`.

use std::future::Future;

use crate::backend;

pub use crate::flavor::Flavor;

/// Configures the runtime and runs a future on it.
///
/// ```
/// use net::runtime::{Builder, Flavor};
///
/// let sum = Builder::new()
///     .flavor(Flavor::CurrentThread)
///     .block_on(async { 1 + 2 });
/// assert_eq!(sum, 3);
/// ```
#[derive(Debug, Clone, Default)]
#[must_use]
pub struct Builder {
    flavor: Option<Flavor>,
    worker_threads: Option<usize>,
}

impl Builder {
    /// Creates a builder with the defaults of the target: several threads natively,
    /// one on `wasm32-wasip1`.
    pub fn new() -> Self {
        Builder::default()
    }

    /// Sets how tasks are run.
    pub fn flavor(mut self, flavor: Flavor) -> Self {
        self.flavor = Some(flavor);
        self
    }

    /// Sets the number of threads of [`Flavor::MultiThread`]. The default is one per
    /// processor.
    pub fn worker_threads(mut self, count: usize) -> Self {
        self.worker_threads = Some(count);
        self
    }

    /// Runs a future to completion on a new runtime, and meanwhile the tasks that it
    /// spawns.
    ///
    /// # Panics
    ///
    /// Panics inside another runtime, and on `wasm32-wasip1` if several threads were
    /// requested.
    pub fn block_on<F: Future>(self, future: F) -> F::Output {
        backend::block_on(self.flavor, self.worker_threads, future)
    }
}

/// Runs a future to completion on a new runtime, with the defaults of the target; see
/// [`Builder::block_on`].
///
/// # Panics
///
/// Panics inside another runtime.
pub fn block_on<F: Future>(future: F) -> F::Output {
    Builder::new().block_on(future)
}
