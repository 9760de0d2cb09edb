//! What is asked over a shared connection, in order, and who waits for it.
//!
//! Answers come in the order of the commands. So each request is in exactly one
//! of two queues: not yet handed to the connection, or sent. An answer belongs to
//! the first that was sent. One that nobody waits for any more keeps its place.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use redis::Value;
use tokio::sync::{Notify, oneshot};
use tokio::time::Instant;

use crate::error::{Error, ErrorKind, Result, protocol};
use crate::request::{Answers, Request};

/// How many requests may be under way, those included that were given up.
const MAX_REQUESTS: usize = 1 << 16;

type Reply = oneshot::Sender<Result<Answers>>;

/// A request that is under way.
#[derive(Debug)]
struct Waiting {
    /// Where its bytes begin, counted from the first of the queue's life.
    start: u64,
    missing: usize,
    answers: Answers,
    reply: Reply,
    since: Instant,
}

#[derive(Debug, Default)]
struct State {
    /// Bytes of the requests in `unsent`, the first of which is number `start`.
    out: Vec<u8>,
    start: u64,
    unsent: VecDeque<Waiting>,
    sent: VecDeque<Waiting>,
    /// Nobody can ask any more.
    abandoned: bool,
    /// Nobody answers any more.
    closed: Option<Error>,
}

/// Between those who ask and the task that has the connection.
#[derive(Debug)]
pub(crate) struct Queue {
    state: Mutex<State>,
    /// For the task: there is something to send, or nobody is left.
    pub(crate) work: Notify,
    /// For those who ask: there is room again.
    room: Notify,
    max_bytes: usize,
    limit: Duration,
}

/// Bytes on their way, number `start` being the first.
#[derive(Debug, Default)]
pub(crate) struct Outgoing {
    pub(crate) bytes: Vec<u8>,
    pub(crate) written: usize,
    start: u64,
}

impl Queue {
    /// A queue for so many unsent bytes, in which a request may be for so long.
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
        // Nothing in here panics half-way.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks, and waits for the answers.
    pub(crate) async fn ask(&self, request: &impl Request) -> Result<Answers> {
        let (reply, answers) = oneshot::channel();
        let mut reply = Some(reply);
        if !self.push(request, &mut reply)? {
            let pushed = tokio::time::timeout(self.limit, self.push_late(request, &mut reply));
            pushed.await.map_err(|_| self.overdue("no room"))??;
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

    /// Takes a request, if there is room.
    fn push(&self, request: &impl Request, reply: &mut Option<Reply>) -> Result<bool> {
        let mut state = self.lock();
        if let Some(error) = &state.closed {
            return Err(error.clone());
        }
        // A request that is longer than the limit is taken when it is alone.
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

    /// Takes what there is to send, after all of it was written that was taken
    /// before; false if there is nothing.
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

    /// Hands answers to those who wait for them.
    pub(crate) fn answer(&self, values: impl Iterator<Item = Value>) -> Result<()> {
        // Those who wake up are told when the lock is free again.
        let mut complete = Vec::new();
        let mut answered = Ok(());
        let mut state = self.lock();
        for value in values {
            let Some(first) = state.sent.front_mut() else {
                answered = Err(protocol("an answer that nobody asked for"));
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
            // Whoever has given up is not there.
            let _ = waiting.reply.send(Ok(waiting.answers));
        }
        self.room.notify_waiters();
        answered
    }

    /// The connection is lost: whatever may have reached the server fails. What
    /// has not stays, for the next connection.
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

    /// When the oldest request has to be answered, if there is one.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        let state = self.lock();
        let oldest = state.sent.front().or(state.unsent.front())?;
        Some(oldest.since + self.limit)
    }

    /// Fails requests that have waited for a connection for too long.
    pub(crate) fn expire(&self, error: &Error) {
        let now = Instant::now();
        self.fail_unsent(error, |waiting| waiting.since + self.limit <= now);
    }

    /// Fails requests that wait for a connection, which is not to be had.
    pub(crate) fn refuse(&self, error: &Error) {
        self.fail_unsent(error, |_| true);
    }

    /// Fails the first of those that were not sent, as long as they match.
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

    /// Whether there is something to send.
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

    /// Nobody answers any more: everybody is told.
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

    pub(crate) fn overdue(&self, what: &str) -> Error {
        Error::text(
            ErrorKind::Timeout,
            format!("{what} within {:?}", self.limit),
        )
    }

    pub(crate) fn limit(&self) -> Duration {
        self.limit
    }
}

/// The task that has the connection has ended, with its runtime.
fn gone() -> Error {
    Error::text(ErrorKind::Lost, "the runtime of the connection has ended")
}
