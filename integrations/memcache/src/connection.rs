//! A connection that many requests share: each is written behind those before
//! it, and answers come in the same order.

use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Waker;
use std::time::Duration;

use bytes::BytesMut;
use net_traits::Stream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use crate::driver::Driver;
use crate::pending::{Answer, Failure, Lost, Pending};
use crate::request::Request;
use crate::task::{self, Drive};

/// How much may be under way on a connection, in units of so many bytes. A
/// request is one unit at least.
const UNIT: usize = 4 << 10;
const UNITS: u32 = 4096;
/// A buffer that has grown larger is let go when it is empty.
const KEPT: usize = 256 << 10;

/// A connection as those see it who ask. It ends when it is dropped.
#[derive(Debug)]
pub(crate) struct Connection {
    queue: Arc<Mutex<Queue>>,
    drive: Arc<dyn Drive>,
    units: Arc<Semaphore>,
}

/// What is between those who ask and the driver that writes and reads.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    /// Requests that the driver has not taken yet, as bytes, and what waits for
    /// their answers.
    pub(crate) bytes: BytesMut,
    pub(crate) pending: Vec<Pending>,
    /// Why there will be no more answers.
    pub(crate) lost: Option<Lost>,
    /// It ended while requests waited.
    pub(crate) owed: bool,
    /// Nobody asks any more.
    pub(crate) abandoned: bool,
    pub(crate) task: Option<Waker>,
    next_opaque: u32,
    /// How many bytes there were in all.
    end: u64,
}

impl Connection {
    /// Starts the task of a connection. It gives a server up that owes answers
    /// and says nothing for as long as `patience`.
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

    /// Whether it has ended while requests waited, which is no good sign. An
    /// idle one may be closed by any server.
    pub(crate) fn has_failed(&self) -> bool {
        let queue = lock(&self.queue);
        queue.lost.is_some() && queue.owed
    }

    /// Sends a request, and waits for its answer, but no longer than the
    /// patience; before that for room, for however long that takes.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future before the request is queued has sent nothing.
    /// Afterwards it is sent, and its answer is read and dropped.
    pub(crate) async fn call(&self, request: &Request<'_>) -> Result<Answer, Failure> {
        let units = Arc::clone(&self.units).acquire_many_owned(units(request));
        let permit = units.await.expect("nobody closes it");
        self.call_within(request, permit).await
    }

    /// Room for a request, if there is some at once.
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
        // Without an answer, the task was dropped with its runtime.
        answer.unwrap_or_else(|_| {
            Err(Failure::Lost {
                why: Lost::Ended("the runtime has ended".to_owned()),
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

/// How much room a request takes.
fn units(request: &Request<'_>) -> u32 {
    u32::try_from(1 + request.size() / UNIT).map_or(UNITS, |units| units.min(UNITS))
}

/// Somebody who waits for an answer, and may have to drive the connection.
struct Caller<'a> {
    connection: &'a Connection,
    /// The connection wakes this caller, not its task.
    is_woken: bool,
    /// The task knows that the request is there.
    has_woken: bool,
}

/// A caller that goes away leaves what it began to the task.
impl Drop for Caller<'_> {
    fn drop(&mut self) {
        if self.is_woken {
            self.connection.wake_task();
        }
    }
}

impl Queue {
    /// Puts a request behind those before it. The number is where it starts.
    fn push(
        &mut self,
        request: &Request<'_>,
        permit: OwnedSemaphorePermit,
    ) -> (oneshot::Receiver<Result<Answer, Failure>>, u64) {
        let (opaque, start) = (self.next_opaque, self.end);
        let opaques = u32::try_from(request.opaques()).unwrap_or(u32::MAX);
        self.next_opaque = opaque.wrapping_add(opaques);
        let (pending, answer) = Pending::new(request, opaque, start, permit);
        let before = self.bytes.len();
        request.write(&mut self.bytes, opaque);
        self.end += (self.bytes.len() - before) as u64;
        self.pending.push(pending);
        (answer, start)
    }

    /// Moves all that is queued behind what is being written and what waits.
    pub(crate) fn move_to(&mut self, bytes: &mut BytesMut, pending: &mut VecDeque<Pending>) {
        if bytes.is_empty() {
            if bytes.capacity() > KEPT {
                *bytes = BytesMut::new();
            }
            std::mem::swap(bytes, &mut self.bytes);
        } else {
            bytes.extend_from_slice(&self.bytes);
            self.bytes.clear();
        }
        pending.extend(self.pending.drain(..));
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        lock(&self.queue).abandoned = true;
        self.wake_task();
    }
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
