//! The timeouts of a request and its response.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use net_traits::{Error, Operation};
use tokio::time::{Instant, Sleep};

use crate::origin::Origin;
use crate::{Body, BoxError};

/// The timeouts for the next bytes, and for the whole request.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct TimeLimits {
    pub(crate) read: Option<Duration>,
    pub(crate) deadline: Option<Deadline>,
}

/// When a request must be done, and the timeout that this was computed from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deadline {
    at: Instant,
    of: Duration,
}

impl Deadline {
    pub(crate) fn after(duration: Duration) -> Option<Self> {
        let at = Instant::now().checked_add(duration)?;
        Some(Deadline { at, of: duration })
    }

    fn error(self) -> io::Error {
        timed_out(format!("timed out after {:?}", self.of))
    }
}

pub(crate) fn nothing_read(limit: Duration) -> io::Error {
    timed_out(format!("nothing was received for {limit:?}"))
}

fn timed_out(message: String) -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, message)
}

/// Creates the error of a connect timeout.
pub(crate) fn no_connection(origin: &Origin, limit: Duration) -> Error {
    let error = timed_out(format!("not connected within {limit:?}"));
    Error::new(Operation::Dial, error)
        .with_network("tcp")
        .with_address(origin.address().to_string())
}

impl TimeLimits {
    /// Runs a future until the deadline.
    pub(crate) async fn until_deadline<F: Future>(self, future: F) -> io::Result<F::Output> {
        match self.deadline {
            Some(deadline) => tokio::time::timeout_at(deadline.at, future)
                .await
                .map_err(|_| deadline.error()),
            None => Ok(future.await),
        }
    }

    /// Applies the timeouts to a body.
    pub(crate) fn limit(self, body: Body) -> Body {
        let ended = http_body::Body::is_end_stream(&body);
        if ended || (self.read.is_none() && self.deadline.is_none()) {
            return body;
        }
        Body::wrap(Timed {
            body,
            limits: self,
            waiting: None,
        })
    }

    /// Returns the end of a wait that begins now.
    fn next(self) -> Option<Instant> {
        let read = self.read.and_then(|read| Instant::now().checked_add(read));
        match (read, self.deadline) {
            (Some(read), Some(deadline)) => Some(read.min(deadline.at)),
            (read, deadline) => read.or(deadline.map(|deadline| deadline.at)),
        }
    }

    fn is_over(self) -> bool {
        let now = Instant::now;
        self.deadline.is_some_and(|deadline| deadline.at <= now())
    }

    fn error(self) -> io::Error {
        match (self.deadline, self.read) {
            (Some(deadline), _) if self.is_over() => deadline.error(),
            (_, Some(read)) => nothing_read(read),
            _ => io::ErrorKind::TimedOut.into(),
        }
    }
}

/// A body whose frames must arrive in time.
struct Timed {
    body: Body,
    limits: TimeLimits,
    /// Set while waiting for a frame.
    waiting: Option<Pin<Box<Sleep>>>,
}

impl Timed {
    /// Cancels the exchange, which closes the connection.
    fn end(&mut self) -> BoxError {
        self.body = Body::empty();
        self.waiting = None;
        let error = self.limits.error();
        self.limits = TimeLimits::default();
        error.into()
    }
}

impl http_body::Body for Timed {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let limits = self.limits;
        if limits.is_over() {
            return Poll::Ready(Some(Err(self.end())));
        }
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(cx) {
            self.waiting = None;
            return Poll::Ready(frame);
        }
        if self.waiting.is_none() {
            let next = limits.next();
            self.waiting = next.map(|at| Box::pin(tokio::time::sleep_until(at)));
        }
        match self.waiting.as_mut().map(|sleep| sleep.as_mut().poll(cx)) {
            Some(Poll::Ready(())) => Poll::Ready(Some(Err(self.end()))),
            _ => Poll::Pending,
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
