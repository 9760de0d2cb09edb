//! The requests on a shared connection, in order, and the callers that wait for the replies.
//!
//! Replies arrive in the order of the commands. Each request is therefore in exactly one of two
//! queues: not yet sent, or sent. A reply belongs to the oldest request that was sent. A request
//! whose caller is gone keeps its place.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use redis::Value;
use tokio::sync::{Notify, oneshot};
use tokio::time::Instant;

use crate::error::{Error, ErrorKind, Result, protocol};
use crate::request::{Answers, Request};
use crate::timeout::within;

/// The maximum number of requests in the queues, including cancelled ones.
const MAX_REQUESTS: usize = 1 << 16;

type Reply = oneshot::Sender<Result<Answers>>;

/// A request without all of its replies.
#[derive(Debug)]
struct Waiting {
    /// Where its bytes start, counted over the lifetime of the queue.
    start: u64,
    missing: usize,
    answers: Answers,
    reply: Reply,
    since: Instant,
}

#[derive(Debug, Default)]
struct State {
    /// The bytes of the requests in `unsent`, starting at position `start`.
    out: Vec<u8>,
    start: u64,
    unsent: VecDeque<Waiting>,
    sent: VecDeque<Waiting>,
    /// All handles were dropped.
    abandoned: bool,
    /// The task has ended.
    closed: Option<Error>,
}

/// Passes requests from callers to the connection's task.
#[derive(Debug)]
pub(crate) struct Queue {
    state: Mutex<State>,
    /// Wakes the task: there is a request, or all handles were dropped.
    pub(crate) work: Notify,
    /// Wakes callers: there is room again.
    room: Notify,
    max_bytes: usize,
    limit: Duration,
}

/// Bytes that are being sent, the first of which is at position `start`.
#[derive(Debug, Default)]
pub(crate) struct Outgoing {
    pub(crate) bytes: Vec<u8>,
    pub(crate) written: usize,
    start: u64,
}

impl Queue {
    /// Creates a queue with a maximum number of unsent bytes, and a time limit for each request.
    pub(crate) fn new(max_bytes: usize, limit: Duration) -> Self {
        Queue {
            state: Mutex::default(),
            work: Notify::new(),
            room: Notify::new(),
            max_bytes,
            limit,
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // No panic can leave the state inconsistent.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Enqueues a request, and waits for the replies.
    pub(crate) async fn ask(&self, request: &impl Request) -> Result<Answers> {
        let (reply, answers) = oneshot::channel();
        let mut reply = Some(reply);
        if !self.push(request, &mut reply)? {
            let pushing = self.push_late(request, &mut reply);
            within(self.limit, "no room in the queue", pushing).await?;
        }
        answers.await.unwrap_or_else(|_| Err(gone()))
    }

    async fn push_late(&self, request: &impl Request, reply: &mut Option<Reply>) -> Result<()> {
        loop {
            let mut room = std::pin::pin!(self.room.notified());
            room.as_mut().enable();
            if self.push(request, reply)? {
                return Ok(());
            }
            room.await;
        }
    }

    /// Enqueues a request if there is room.
    fn push(&self, request: &impl Request, reply: &mut Option<Reply>) -> Result<bool> {
        let mut state = self.lock();
        if let Some(error) = &state.closed {
            return Err(error.clone());
        }
        // A request that is longer than the limit is accepted if the queue is empty.
        let full = state.out.len() >= self.max_bytes
            || state.unsent.len() + state.sent.len() >= MAX_REQUESTS;
        let Some(reply) = reply.take_if(|_| !full) else {
            return Ok(false);
        };
        let idle = state.unsent.is_empty();
        let answers = request.answers();
        let start = state.start + state.out.len() as u64;
        request.encode(&mut state.out);
        state.unsent.push_back(Waiting {
            start,
            missing: answers,
            answers: Answers::expect(answers),
            reply,
            since: Instant::now(),
        });
        drop(state);
        if idle {
            self.work.notify_one();
        }
        Ok(true)
    }

    /// Takes what is to be sent, once the previous bytes are written. Returns `false` if there is
    /// nothing.
    pub(crate) fn take(&self, outgoing: &mut Outgoing) -> bool {
        let state = &mut *self.lock();
        if state.unsent.is_empty() {
            return false;
        }
        outgoing.bytes.clear();
        outgoing.written = 0;
        outgoing.start = state.start;
        state.start += state.out.len() as u64;
        std::mem::swap(&mut state.out, &mut outgoing.bytes);
        state.sent.append(&mut state.unsent);
        true
    }

    /// Passes replies to the callers that wait for them.
    pub(crate) fn answer(&self, values: impl Iterator<Item = Value>) -> Result<()> {
        // Callers are woken after the lock is released.
        let mut complete = Vec::new();
        let mut answered = Ok(());
        let mut state = self.lock();
        for value in values {
            let Some(first) = state.sent.front_mut() else {
                answered = Err(protocol("unexpected reply"));
                break;
            };
            first.answers.push(value);
            first.missing -= 1;
            if first.missing == 0 {
                complete.extend(state.sent.pop_front());
            }
        }
        drop(state);
        for waiting in complete {
            // The caller may have been cancelled.
            let _ = waiting.reply.send(Ok(waiting.answers));
        }
        self.room.notify_waiters();
        answered
    }

    /// Handles the loss of the connection: requests that may have reached the server fail, and the
    /// others stay for the next connection.
    pub(crate) fn lose(&self, outgoing: &mut Outgoing, error: &Error) {
        let mut state = self.lock();
        let reached = outgoing.start + outgoing.written as u64;
        let safe = state
            .sent
            .partition_point(|waiting| waiting.start < reached);
        let kept = state.sent.split_off(safe);
        let failed = std::mem::take(&mut state.sent);
        if let Some(first) = kept.front() {
            let skip = usize::try_from(first.start - outgoing.start).unwrap_or(usize::MAX);
            let mut out = outgoing.bytes.split_off(skip.min(outgoing.bytes.len()));
            out.append(&mut state.out);
            state.out = out;
            state.start = first.start;
        }
        let unsent = std::mem::replace(&mut state.unsent, kept);
        state.unsent.extend(unsent);
        drop(state);
        *outgoing = Outgoing::default();
        for waiting in failed {
            let _ = waiting.reply.send(Err(error.clone().after_sending()));
        }
        self.room.notify_waiters();
    }

    /// Returns the deadline of the oldest request, if there is one.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        let state = self.lock();
        let oldest = state.sent.front().or(state.unsent.front())?;
        Some(oldest.since + self.limit)
    }

    /// Fails the requests that have waited too long for a connection.
    pub(crate) fn expire(&self, error: &Error) {
        let now = Instant::now();
        self.fail_unsent(error, |waiting| waiting.since + self.limit <= now);
    }

    /// Fails all requests that wait for a connection.
    pub(crate) fn refuse(&self, error: &Error) {
        self.fail_unsent(error, |_| true);
    }

    /// Fails the oldest unsent requests, up to the first that does not match.
    fn fail_unsent(&self, error: &Error, matches: impl Fn(&Waiting) -> bool) {
        let mut state = self.lock();
        let late = state.unsent.partition_point(matches);
        let kept = state.unsent.split_off(late);
        let expired = std::mem::replace(&mut state.unsent, kept);
        let end = state.start + state.out.len() as u64;
        let start = state.unsent.front().map_or(end, |first| first.start);
        let skip = usize::try_from(start - state.start).unwrap_or(usize::MAX);
        state.out.drain(..skip);
        state.start = start;
        drop(state);
        for waiting in expired {
            let _ = waiting.reply.send(Err(error.clone()));
        }
        self.room.notify_waiters();
    }

    /// Returns whether there is something to send.
    pub(crate) fn has_work(&self) -> bool {
        !self.lock().unsent.is_empty()
    }

    pub(crate) fn abandon(&self) {
        self.lock().abandoned = true;
        self.work.notify_one();
    }

    pub(crate) fn is_abandoned(&self) -> bool {
        self.lock().abandoned
    }

    /// Fails all requests, now and later, since the task has ended.
    pub(crate) fn close(&self) {
        let mut state = self.lock();
        state.closed.get_or_insert_with(gone);
        let sent = std::mem::take(&mut state.sent);
        let unsent = std::mem::take(&mut state.unsent);
        drop(state);
        for waiting in sent {
            let _ = waiting.reply.send(Err(gone().after_sending()));
        }
        for waiting in unsent {
            let _ = waiting.reply.send(Err(gone()));
        }
        self.room.notify_waiters();
    }

    pub(crate) fn limit(&self) -> Duration {
        self.limit
    }
}

/// Creates the error of a request whose connection's task has ended with its runtime.
fn gone() -> Error {
    Error::text(
        ErrorKind::Lost,
        "the runtime of the connection was shut down",
    )
}
