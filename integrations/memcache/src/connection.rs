//! A connection that many requests share: each is written behind those before
//! it, and answers come in the same order.

use std::sync::{Arc, Mutex, PoisonError};
use std::task::Waker;
use std::time::Duration;

use bytes::BytesMut;
use net_traits::Stream;
use tokio::sync::Semaphore;

use crate::driver::Driver;
use crate::pending::{Answer, Failure, Lost, Pending};
use crate::request::Request;

/// How much may be under way on a connection, in units of so many bytes. A
/// request is one unit at least.
const UNIT: usize = 4 << 10;
const UNITS: u32 = 4096;

/// A connection as those see it who ask. It ends when it is dropped.
#[derive(Debug)]
pub(crate) struct Connection {
    queue: Arc<Mutex<Queue>>,
    units: Arc<Semaphore>,
}

/// What is between those who ask and the task that writes and reads.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    /// Requests that the task has not taken yet, as bytes, and what waits for
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
        tokio::spawn(driver);
        Connection {
            queue,
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

    /// Sends a request, and waits for its answer.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future before the request is queued has sent nothing.
    /// Afterwards it is sent, and its answer is read and dropped.
    pub(crate) async fn call(&self, request: &Request<'_>) -> Result<Answer, Failure> {
        let units = u32::try_from(1 + request.size() / UNIT).unwrap_or(UNITS);
        let units = Arc::clone(&self.units).acquire_many_owned(units.min(UNITS));
        let permit = units.await.expect("nobody closes it");
        let (answer, task) = {
            let mut queue = lock(&self.queue);
            if let Some(why) = queue.lost.clone() {
                return Err(Failure::Lost { why, unsent: true });
            }
            let opaque = queue.next_opaque;
            let opaques = u32::try_from(request.opaques()).unwrap_or(u32::MAX);
            queue.next_opaque = opaque.wrapping_add(opaques);
            let (pending, answer) = Pending::new(request, opaque, queue.end, permit);
            let before = queue.bytes.len();
            request.write(&mut queue.bytes, opaque);
            queue.end += (queue.bytes.len() - before) as u64;
            queue.pending.push(pending);
            (answer, queue.task.take())
        };
        if let Some(task) = task {
            task.wake();
        }
        match answer.await {
            Ok(result) => result,
            // The task was dropped with its runtime.
            Err(_) => Err(Failure::Lost {
                why: Lost::Ended("the runtime has ended".to_owned()),
                unsent: false,
            }),
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        let task = {
            let mut queue = lock(&self.queue);
            queue.abandoned = true;
            queue.task.take()
        };
        if let Some(task) = task {
            task.wake();
        }
    }
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
