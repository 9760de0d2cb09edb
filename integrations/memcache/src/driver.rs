//! Drives a connection: writes queued requests, reads replies, and passes each to the oldest
//! request that waits.

use std::collections::VecDeque;
use std::future::Future;
use std::io;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::BytesMut;
use net_traits::Stream;
use tokio::io::AsyncReadExt;

use crate::decoder::Decoder;
use crate::lock::lock;
use crate::pending::{Failure, Lost, Pending, Progress};
use crate::queue::Queue;
use crate::watchdog::Watchdog;

/// The maximum number of reads per turn, for fairness to other tasks.
const READS: usize = 16;

pub(crate) struct Driver<S> {
    stream: S,
    queue: Arc<Mutex<Queue>>,
    writing: BytesMut,
    /// The number of bytes of it that were written.
    sent: usize,
    /// The total number of bytes written so far.
    written: u64,
    flushed: bool,
    decoder: Decoder,
    waiting: VecDeque<Pending>,
    watchdog: Watchdog,
    /// The waker of the connection's task, once it has run.
    pub(crate) task: Option<Waker>,
}

/// Why a connection ends.
pub(crate) enum End {
    Lost(Lost),
    /// Its handle was dropped.
    Abandoned,
}

impl<S: Stream> Driver<S> {
    pub(crate) fn new(
        stream: S,
        queue: Arc<Mutex<Queue>>,
        max_value: usize,
        patience: Duration,
    ) -> Self {
        Driver {
            stream,
            queue,
            writing: BytesMut::new(),
            sent: 0,
            written: 0,
            flushed: true,
            decoder: Decoder::new(max_value),
            waiting: VecDeque::new(),
            watchdog: Watchdog::new(patience),
            task: None,
        }
    }

    /// Makes progress on behalf of the connection's task.
    pub(crate) fn turn(&mut self, cx: &mut Context<'_>) -> Result<(), End> {
        match &mut self.task {
            Some(task) => task.clone_from(cx.waker()),
            None => self.task = Some(cx.waker().clone()),
        }
        {
            let mut queue = lock(&self.queue);
            if queue.abandoned {
                return Err(End::Abandoned);
            }
            queue.task.clone_from(&self.task);
            queue.move_to(&mut self.writing, &mut self.waiting);
        }
        self.write(cx)?;
        self.read(cx, |_| false)?;
        self.watch(cx)
    }

    fn watch(&mut self, cx: &mut Context<'_>) -> Result<(), End> {
        if self.watchdog.poll(cx, &mut self.waiting) {
            return Err(End::Lost(Lost::Stalled));
        }
        Ok(())
    }

    /// Makes progress for the request that starts at `start`, or returns `None` if it is not the
    /// only one. Timeouts are left to the task.
    pub(crate) fn turn_alone(
        &mut self,
        cx: &mut Context<'_>,
        start: u64,
    ) -> Option<Result<(), End>> {
        {
            let mut queue = lock(&self.queue);
            let mut requests = self.waiting.iter().chain(&queue.pending);
            let is_alone = requests.next()?.start == start && requests.next().is_none();
            if !is_alone {
                return None;
            }
            queue.move_to(&mut self.writing, &mut self.waiting);
        }
        Some(self.exchange_alone(cx))
    }

    fn exchange_alone(&mut self, cx: &mut Context<'_>) -> Result<(), End> {
        self.write(cx)?;
        self.read(cx, VecDeque::is_empty)?;
        let is_answered = self.waiting.is_empty();
        if !is_answered && self.watchdog.is_set() {
            return Ok(());
        }
        // A task that has not run yet does all of this on its first turn.
        let Some(task) = self.task.clone() else {
            return Ok(());
        };
        let cx = &mut Context::from_waker(&task);
        if is_answered {
            // The caller leaves. The task is woken by what comes next, such as the end of the stream.
            self.read(cx, |_| false)
        } else {
            self.watch(cx)
        }
    }

    fn write(&mut self, cx: &mut Context<'_>) -> Result<(), End> {
        while self.sent < self.writing.len() {
            match Pin::new(&mut self.stream).poll_write(cx, &self.writing[self.sent..]) {
                Poll::Pending => return Ok(()),
                Poll::Ready(Ok(0)) => return Err(ended("the connection accepts no more bytes")),
                Poll::Ready(Ok(count)) => {
                    self.sent += count;
                    self.written += count as u64;
                    self.flushed = false;
                    self.watchdog.saw_progress();
                }
                Poll::Ready(Err(error)) => return Err(End::from(error)),
            }
        }
        self.writing.clear();
        self.sent = 0;
        if !self.flushed && Pin::new(&mut self.stream).poll_flush(cx)?.is_ready() {
            self.flushed = true;
        }
        Ok(())
    }

    /// Reads until the stream is pending, or enough replies have arrived.
    fn read(
        &mut self,
        cx: &mut Context<'_>,
        is_enough: impl Fn(&VecDeque<Pending>) -> bool,
    ) -> Result<(), End> {
        for _ in 0..READS {
            if is_enough(&self.waiting) {
                return Ok(());
            }
            let space = self.decoder.space();
            let count = match pin!(self.stream.read_buf(space)).poll(cx) {
                Poll::Pending => return Ok(()),
                Poll::Ready(read) => read?,
            };
            if count == 0 {
                return Err(ended("the server closed the connection"));
            }
            self.watchdog.saw_progress();
            self.dispatch()?;
        }
        cx.waker().wake_by_ref();
        Ok(())
    }

    fn dispatch(&mut self) -> Result<(), End> {
        while let Some(frame) = self.decoder.next().map_err(protocol)? {
            let Some(oldest) = self.waiting.front_mut() else {
                return Err(protocol("unexpected data from the server".to_owned()));
            };
            let progress = oldest.take(frame).map_err(protocol)?;
            let (result, last) = match progress {
                Progress::More => continue,
                Progress::Finished(result) => (result, None),
                Progress::Last(result, why) => (result, Some(why)),
            };
            if let Some(oldest) = self.waiting.pop_front() {
                oldest.finish(result);
            }
            if let Some(why) = last {
                return Err(End::Lost(why));
            }
        }
        Ok(())
    }

    /// Fails all requests, now and later.
    pub(crate) fn close(mut self, why: &Lost) {
        let queued = {
            let mut queue = lock(&self.queue);
            queue.lost.get_or_insert_with(|| why.clone());
            queue.owed = !self.waiting.is_empty() || !queue.pending.is_empty();
            queue.bytes = BytesMut::new();
            std::mem::take(&mut queue.pending)
        };
        for pending in self.waiting.drain(..).chain(queued) {
            let unsent = pending.start >= self.written;
            let why = why.clone();
            pending.finish(Err(Failure::Lost { why, unsent }));
        }
    }
}

/// If the driver is dropped with its runtime, the connection is known to be closed.
impl<S> Drop for Driver<S> {
    fn drop(&mut self) {
        let mut queue = lock(&self.queue);
        let why = || Lost::Ended("the runtime was shut down".to_owned());
        queue.lost.get_or_insert_with(why);
        queue.pending.clear();
    }
}

impl From<io::Error> for End {
    fn from(error: io::Error) -> Self {
        End::Lost(Lost::Ended(error.to_string()))
    }
}

fn ended(why: &str) -> End {
    End::Lost(Lost::Ended(why.to_owned()))
}

fn protocol(why: String) -> End {
    End::Lost(Lost::Protocol(why))
}
