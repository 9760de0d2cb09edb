//! Who drives a connection: its task, or a caller whose request is the only one.
//!
//! Such a caller writes its request and reads the reply itself, which saves two wake-ups of
//! another task. As soon as there is a second request, the task takes over, and requests are
//! pipelined.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, TryLockError};
use std::task::{Context, Poll};

use net_traits::Stream;

use crate::driver::{Driver, End};
use crate::lock::lock;

/// The driver, until the connection ends.
pub(crate) struct Shared<S: Stream> {
    driver: Mutex<Option<Driver<S>>>,
}

/// [`Shared`], independent of the type of the stream.
pub(crate) trait Drive: fmt::Debug + Send + Sync {
    /// Drives the connection for the caller whose request starts at `start`, if it is the only
    /// one. Returns whether the stream now wakes the caller; otherwise the task must be woken.
    fn drive_alone(&self, cx: &mut Context<'_>, start: u64) -> bool;
}

/// Starts the task of a connection.
pub(crate) fn start<S: Stream>(driver: Driver<S>) -> Arc<dyn Drive> {
    let shared = Arc::new(Shared {
        driver: Mutex::new(Some(driver)),
    });
    tokio::spawn(Task(Arc::clone(&shared)));
    shared
}

struct Task<S: Stream>(Arc<Shared<S>>);

impl<S: Stream> Future for Task<S> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut driver = lock(&self.0.driver);
        let Some(driving) = driver.as_mut() else {
            return Poll::Ready(());
        };
        match driving.turn(cx) {
            Ok(()) => Poll::Pending,
            Err(end) => {
                close(&mut driver, &end);
                Poll::Ready(())
            }
        }
    }
}

/// If the task is dropped with its runtime, its connection is closed.
impl<S: Stream> Drop for Task<S> {
    fn drop(&mut self) {
        *lock(&self.0.driver) = None;
    }
}

impl<S: Stream> Drive for Shared<S> {
    fn drive_alone(&self, cx: &mut Context<'_>, start: u64) -> bool {
        let mut driver = match self.driver.try_lock() {
            Ok(driver) => driver,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            // The task is driving it.
            Err(TryLockError::WouldBlock) => return false,
        };
        let Some(driving) = driver.as_mut() else {
            return false;
        };
        let Some(result) = driving.turn_alone(cx, start) else {
            return false;
        };
        if let Err(end) = result {
            let task = driving.task.take();
            close(&mut driver, &end);
            if let Some(task) = task {
                task.wake();
            }
        }
        true
    }
}

fn close<S: Stream>(driver: &mut Option<Driver<S>>, end: &End) {
    if let (Some(driver), End::Lost(why)) = (driver.take(), end) {
        driver.close(why);
    }
}

impl<S: Stream> fmt::Debug for Shared<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}
