use std::any::Any;
use std::fmt;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::backend;

/// Starts a task on the runtime.
///
/// It is `tokio::spawn`, which may be used as well. On `wasm32-wasip1`, the
/// timers of tokio are more exact in tasks started here, since the reactor
/// sees them run.
///
/// Dropping the handle detaches the task.
///
/// # Panics
///
/// Panics outside of a runtime.
pub fn spawn<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    JoinHandle(tokio::spawn(backend::watch(future)))
}

/// Waits for a task that [`spawn`] started. Dropping it detaches the task.
#[derive(Debug)]
pub struct JoinHandle<T>(tokio::task::JoinHandle<T>);

impl<T> JoinHandle<T> {
    /// Cancels the task at the next point where it waits.
    pub fn abort(&self) {
        self.0.abort();
    }

    /// Returns whether the task has ended.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.0.is_finished()
    }

    /// Returns a handle that cancels the task from elsewhere.
    #[must_use]
    pub fn abort_handle(&self) -> tokio::task::AbortHandle {
        self.0.abort_handle()
    }

    /// Returns tokio's own handle, for code that takes one.
    #[must_use]
    pub fn into_inner(self) -> tokio::task::JoinHandle<T> {
        self.0
    }
}

impl<T> Future for JoinHandle<T> {
    type Output = Result<T, JoinError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(cx).map_err(JoinError)
    }
}

/// A task ended without a result: it panicked or was cancelled.
pub struct JoinError(tokio::task::JoinError);

impl JoinError {
    /// Returns whether the task was cancelled.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.0.is_cancelled()
    }

    /// Returns whether the task panicked.
    #[must_use]
    pub fn is_panic(&self) -> bool {
        self.0.is_panic()
    }

    /// Returns the value with which the task panicked.
    ///
    /// # Errors
    ///
    /// Returns the error itself if the task did not panic.
    pub fn try_into_panic(self) -> Result<Box<dyn Any + Send + 'static>, JoinError> {
        self.0.try_into_panic().map_err(JoinError)
    }
}

impl fmt::Debug for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl fmt::Display for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl std::error::Error for JoinError {}

impl From<JoinError> for io::Error {
    fn from(error: JoinError) -> Self {
        io::Error::other(error)
    }
}

impl From<JoinError> for net_traits::Error {
    fn from(error: JoinError) -> Self {
        net_traits::Error::new(net_traits::Operation::Run, error)
    }
}
