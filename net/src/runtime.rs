//! Starting the runtime by hand, where `#[net_main]` does not fit.

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
    /// A runtime as is usual on the target: with threads natively, with one on
    /// `wasm32-wasip1`.
    pub fn new() -> Self {
        Builder::default()
    }

    /// Sets how tasks are run.
    pub fn flavor(mut self, flavor: Flavor) -> Self {
        self.flavor = Some(flavor);
        self
    }

    /// Sets the number of threads of [`Flavor::MultiThread`]; by default, one
    /// per processor.
    pub fn worker_threads(mut self, count: usize) -> Self {
        self.worker_threads = Some(count);
        self
    }

    /// Runs a future to its end, and the tasks that it spawns meanwhile.
    ///
    /// # Panics
    ///
    /// Inside another runtime, and on `wasm32-wasip1` if threads were asked
    /// for.
    pub fn block_on<F: Future>(self, future: F) -> F::Output {
        backend::block_on(self.flavor, self.worker_threads, future)
    }
}

/// Runs a future on a runtime as is usual on the target.
///
/// # Panics
///
/// Inside another runtime.
pub fn block_on<F: Future>(future: F) -> F::Output {
    Builder::new().block_on(future)
}
