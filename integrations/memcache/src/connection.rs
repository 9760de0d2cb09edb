//! A connection that many callers share: requests are pipelined, and replies arrive in the same
//! order.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use net_traits::Stream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::driver::Driver;
use crate::lock::lock;
use crate::pending::{Answer, Failure, Lost};
use crate::queue::Queue;
use crate::request::Request;
use crate::task::{self, Drive};

/// The unit of the limit on outstanding requests, in bytes. A request takes at least one unit.
const UNIT: usize = 4 << 10;
const UNITS: u32 = 4096;

/// A handle to a connection, which is closed when the handle is dropped.
#[derive(Debug)]
pub(crate) struct Connection {
    queue: Arc<Mutex<Queue>>,
    drive: Arc<dyn Drive>,
    units: Arc<Semaphore>,
}

impl Connection {
    /// Starts the task of a connection. The connection fails if replies are outstanding and it is
    /// idle for `patience`.
    pub(crate) fn start<S: Stream>(stream: S, max_value: usize, patience: Duration) -> Self {
        let queue = Arc::new(Mutex::new(Queue::default()));
        let driver = Driver::new(stream, Arc::clone(&queue), max_value, patience);
        Connection {
            queue,
            drive: task::start(driver),
            units: Arc::new(Semaphore::new(UNITS as usize)),
        }
    }

    pub(crate) fn is_open(&self) -> bool {
        lock(&self.queue).lost.is_none()
    }

    /// Returns whether it ended while replies were outstanding. An idle connection may be closed
    /// by any server.
    pub(crate) fn has_failed(&self) -> bool {
        let queue = lock(&self.queue);
        queue.lost.is_some() && queue.owed
    }

    /// Sends a request, and waits for its reply for up to `patience`; before that waits, without a
    /// limit, until there is room for it.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped before the request is queued, nothing is sent. Otherwise it is
    /// sent, and its reply is discarded.
    pub(crate) async fn call(&self, request: &Request<'_>) -> Result<Answer, Failure> {
        let units = Arc::clone(&self.units).acquire_many_owned(units(request));
        let permit = units.await.expect("the semaphore is never closed");
        self.call_within(request, permit).await
    }

    /// Returns room for a request, if there is any now.
    pub(crate) fn room(&self, request: &Request<'_>) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.units)
            .try_acquire_many_owned(units(request))
            .ok()
    }

    /// [`call`](Self::call), with the room that it needs.
    pub(crate) async fn call_within(
        &self,
        request: &Request<'_>,
        room: OwnedSemaphorePermit,
    ) -> Result<Answer, Failure> {
        let (mut answer, start) = {
            let mut queue = lock(&self.queue);
            if let Some(why) = queue.lost.clone() {
                return Err(Failure::Lost { why, unsent: true });
            }
            queue.push(request, room)
        };
        let mut caller = Caller {
            connection: self,
            is_woken: false,
            has_woken: false,
        };
        let answer = poll_fn(|cx| {
            let is_driving = self.drive.drive_alone(cx, start);
            let answer = Pin::new(&mut answer).poll(cx);
            if is_driving {
                caller.is_woken = true;
            } else if answer.is_pending() && !std::mem::replace(&mut caller.has_woken, true) {
                self.wake_task();
            }
            answer
        });
        let answer = answer.await;
        caller.is_woken &= !matches!(answer, Ok(Ok(_)));
        // If there is no reply, the task was dropped with its runtime.
        answer.unwrap_or_else(|_| {
            Err(Failure::Lost {
                why: Lost::Ended("the runtime was shut down".to_owned()),
                unsent: false,
            })
        })
    }

    fn wake_task(&self) {
        let task = lock(&self.queue).task.take();
        if let Some(task) = task {
            task.wake();
        }
    }
}

/// Returns the units that a request takes.
fn units(request: &Request<'_>) -> u32 {
    u32::try_from(1 + request.size() / UNIT).map_or(UNITS, |units| units.min(UNITS))
}

/// A caller that waits for a reply, and may have to drive the connection.
struct Caller<'a> {
    connection: &'a Connection,
    /// Whether the stream wakes this caller rather than the task.
    is_woken: bool,
    /// Whether the task has been woken for the request.
    has_woken: bool,
}

/// A caller that is cancelled leaves the rest to the task.
impl Drop for Caller<'_> {
    fn drop(&mut self) {
        if self.is_woken {
            self.connection.wake_task();
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        lock(&self.queue).abandoned = true;
        self.wake_task();
    }
}
