//! The task that drives a shared connection, and reconnects when it is lost.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;

use net_traits::{BoxReadHalf, BoxWriteHalf, Stream};
use redis::{PushInfo, PushKind, ServerErrorKind, Value};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::broadcast;
use tokio::time::{Instant, sleep, sleep_until};

use crate::backoff::Backoff;
use crate::decoder::{Decoder, end_of_stream};
use crate::error::{Error, ErrorKind, Result};
use crate::opener::Opener;
use crate::queue::{Outgoing, Queue};
use crate::timeout::overdue;
use crate::wire::{Wire, lost, without_attributes};

#[derive(Debug)]
pub(crate) struct Driver {
    pub(crate) opener: Opener,
    pub(crate) queue: Arc<Queue>,
    pub(crate) pushes: broadcast::Sender<PushInfo>,
    /// Whether waiting requests fail as soon as connecting does.
    pub(crate) fail_fast: bool,
}

/// All handles of the connection were dropped.
struct Abandoned;

impl Driver {
    /// Runs until all handles are dropped. Without an initial connection, opens one on the first
    /// request.
    pub(crate) async fn run(self, first: Option<Wire>) {
        let mut backoff = Backoff::new(&self.opener.settings);
        let first = if let Some(wire) = first {
            Ok(wire)
        } else {
            let none = Error::text(ErrorKind::Connect, "not connected yet");
            self.reconnect(&mut backoff, none).await
        };
        let Ok(mut wire) = first else {
            return;
        };
        loop {
            let opened = Instant::now();
            let error = match self.converse(wire).await {
                Ok(Abandoned) => return,
                Err(error) => error,
            };
            // A connection that was lost at once does not reset the backoff.
            if opened.elapsed() > self.queue.limit() {
                backoff = Backoff::new(&self.opener.settings);
            }
            wire = match self.reconnect(&mut backoff, error).await {
                Ok(wire) => wire,
                Err(Abandoned) => return,
            };
        }
    }

    /// Sends and receives until the connection is lost.
    async fn converse(&self, wire: Wire) -> Result<Abandoned> {
        let Wire {
            stream, decoder, ..
        } = wire;
        let (read, write) = stream.into_split();
        let mut outgoing = Outgoing::default();
        let end = tokio::select! {
            end = self.send(write, &mut outgoing) => end,
            error = self.receive(read, decoder) => Err(error),
        };
        end.map_err(|error| {
            let error = error.at(self.opener.address());
            self.queue.lose(&mut outgoing, &error);
            // There may be no receiver.
            let _ = self.pushes.send(PushInfo {
                kind: PushKind::Disconnection,
                data: Vec::new(),
            });
            error
        })
    }

    async fn send(&self, mut write: BoxWriteHalf, outgoing: &mut Outgoing) -> Result<Abandoned> {
        loop {
            if !self.queue.take(outgoing) {
                if self.queue.is_abandoned() {
                    return Ok(Abandoned);
                }
                self.queue.work.notified().await;
                continue;
            }
            while let rest @ [_, ..] = &outgoing.bytes[outgoing.written..] {
                match write.write(rest).await.map_err(lost)? {
                    0 => return Err(lost(std::io::ErrorKind::WriteZero.into())),
                    written => outgoing.written += written,
                }
            }
            write.flush().await.map_err(lost)?;
        }
    }

    /// Receives until the connection fails, and returns why.
    async fn receive(&self, mut read: BoxReadHalf, mut decoder: Decoder) -> Error {
        let mut values = Vec::new();
        let mut stall = pin!(sleep(self.queue.limit()));
        loop {
            let read = tokio::select! {
                read = read.read_buf(decoder.space()) => read,
                () = &mut stall => {
                    match self.queue.deadline() {
                        Some(deadline) if deadline <= Instant::now() => {
                            return overdue("no answer", self.queue.limit());
                        }
                        deadline => stall.as_mut().reset(self.or_later(deadline)),
                    }
                    continue;
                }
            };
            let complete = match read {
                Ok(0) => Err(lost(end_of_stream())),
                Ok(_) => decoder.decode(&mut values),
                Err(error) => Err(lost(error)),
            };
            // Replies that arrived before the error are valid.
            let answers = values.drain(..).map(without_attributes);
            let mut demoted = false;
            let answers = answers.inspect(|value| demoted |= is_read_only(value));
            let answered = self
                .queue
                .answer(answers.filter_map(|value| self.unless_pushed(value)));
            if let Err(error) = complete.and(answered) {
                return error;
            }
            if demoted && self.opener.follows_master() {
                return Error::text(ErrorKind::Lost, "the server is no longer the master");
            }
        }
    }

    fn unless_pushed(&self, value: Value) -> Option<Value> {
        match value {
            Value::Push { kind, data } => {
                // There may be no receiver.
                let _ = self.pushes.send(PushInfo { kind, data });
                None
            }
            value => Some(value),
        }
    }

    /// Opens a connection once there is a request for it.
    async fn reconnect(
        &self,
        backoff: &mut Backoff,
        mut error: Error,
    ) -> std::result::Result<Wire, Abandoned> {
        loop {
            while !self.queue.has_work() {
                if self.queue.is_abandoned() {
                    return Err(Abandoned);
                }
                self.queue.work.notified().await;
            }
            if let Some(pause) = backoff.next() {
                self.meanwhile(sleep(pause), &error).await?;
            }
            match self.meanwhile(self.opener.open(), &error).await? {
                Ok(wire) => return Ok(wire),
                Err(failed) => {
                    if self.fail_fast {
                        self.queue.refuse(&failed);
                    }
                    error = failed;
                }
            }
        }
    }

    /// Waits for a future; meanwhile requests that time out fail with the latest error.
    async fn meanwhile<F: Future>(
        &self,
        future: F,
        error: &Error,
    ) -> std::result::Result<F::Output, Abandoned> {
        let mut future = pin!(future);
        loop {
            tokio::select! {
                output = &mut future => return Ok(output),
                () = sleep_until(self.or_later(self.queue.deadline())) => self.queue.expire(error),
                () = self.queue.work.notified() => {
                    if self.queue.is_abandoned() {
                        return Err(Abandoned);
                    }
                }
            }
        }
    }

    /// Returns the deadline, or the earliest that a request made from now on could have.
    fn or_later(&self, deadline: Option<Instant>) -> Instant {
        deadline.unwrap_or_else(|| Instant::now() + self.queue.limit())
    }
}

fn is_read_only(value: &Value) -> bool {
    let Value::ServerError(error) = value else {
        return false;
    };
    error.kind() == Some(ServerErrorKind::ReadOnly)
}

impl Drop for Driver {
    /// However the task ends, for example with its runtime, no request waits forever.
    fn drop(&mut self) {
        self.queue.close();
    }
}
