use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use net_traits::{Endpoint, OptionName, Result, SocketOption, Stream, Timer};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::task::coop;

use crate::alarm::Alarm;
use crate::guarded::{read_guarded, stream_guarded, write_guarded};
use crate::timers::deadline_after;

/// A stream that fails when idle: a read or a write that has to wait returns an
/// error of kind [`TimedOut`](ErrorKind::TimedOut) when no byte was read or written
/// for a given duration.
///
/// - Every byte that is read or written, in either direction, starts the time
///   again. So a long answer does not end the read that waits for the next
///   request.
/// - What can be read or written at once is, however long the stream was idle. The
///   time runs from the wrapping or the last byte, also while no call waits.
/// - Flushes and shutdowns time out as writes do, and move no byte.
///
/// The stream is not broken then: a further call succeeds when the peer sends or
/// reads again. `net::with_idle_timeout` makes one with the timer of the target.
///
/// # Cancel safety
///
/// It is that of the wrapped stream: dropping a pending read or write loses no
/// byte.
///
/// # Example
///
/// ```
/// use std::time::Duration;
/// use net_time::IdleTimeout;
/// use net_traits::{Stream, Timer};
///
/// /// Echoes, and closes the connection after an idle minute.
/// async fn echo<S: Stream, T: Timer>(stream: S, timer: T) -> std::io::Result<u64> {
///     let stream = IdleTimeout::new(stream, timer, Duration::from_secs(60));
///     let (mut read, mut write) = stream.into_split();
///     tokio::io::copy(&mut read, &mut write).await
/// }
/// ```
#[derive(Debug)]
pub struct IdleTimeout<S, T: Timer> {
    inner: S,
    reading: Side<T>,
    writing: Side<T>,
}

impl<S, T: Timer> IdleTimeout<S, T> {
    /// Wraps a stream. The time starts now.
    pub fn new(stream: S, timer: T, duration: Duration) -> Self {
        let last = LastMove(Arc::new(Mutex::new(timer.now())));
        let side = |timer, last| Side {
            duration,
            last,
            alarm: Alarm::new(timer),
        };
        IdleTimeout {
            inner: stream,
            reading: side(timer.clone(), last.clone()),
            writing: side(timer, last),
        }
    }

    /// Returns the wrapped stream.
    pub fn get_ref(&self) -> &S {
        &self.inner
    }

    /// Unwraps the stream.
    pub fn into_inner(self) -> S {
        self.inner
    }
}

impl<S: Stream, T: Timer> IdleTimeout<S, T> {
    fn reading(
        &mut self,
        cx: &mut Context<'_>,
        read: impl FnOnce(Pin<&mut S>, &mut Context<'_>) -> Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        let inner = Pin::new(&mut self.inner);
        self.reading.poll(cx, |cx| read(inner, cx))
    }

    fn writing(
        &mut self,
        cx: &mut Context<'_>,
        write: impl FnOnce(Pin<&mut S>, &mut Context<'_>) -> Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        let inner = Pin::new(&mut self.inner);
        self.writing.poll(cx, |cx| write(inner, cx))
    }

    fn split(self) -> (IdleReadHalf<S::ReadHalf, T>, IdleWriteHalf<S::WriteHalf, T>) {
        let (read, write) = self.inner.into_split();
        let read = IdleReadHalf {
            inner: read,
            side: self.reading,
        };
        let write = IdleWriteHalf {
            inner: write,
            side: self.writing,
        };
        (read, write)
    }
}

/// The reading half of an [`IdleTimeout`] stream.
#[derive(Debug)]
pub struct IdleReadHalf<R, T: Timer> {
    inner: R,
    side: Side<T>,
}

/// The writing half of an [`IdleTimeout`] stream. Dropping it ends the write
/// direction.
#[derive(Debug)]
pub struct IdleWriteHalf<W, T: Timer> {
    inner: W,
    side: Side<T>,
}

impl<R: AsyncRead + Unpin, T: Timer> IdleReadHalf<R, T> {
    fn reading(
        &mut self,
        cx: &mut Context<'_>,
        read: impl FnOnce(Pin<&mut R>, &mut Context<'_>) -> Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        let inner = Pin::new(&mut self.inner);
        self.side.poll(cx, |cx| read(inner, cx))
    }
}

impl<W: AsyncWrite + Unpin, T: Timer> IdleWriteHalf<W, T> {
    fn writing(
        &mut self,
        cx: &mut Context<'_>,
        write: impl FnOnce(Pin<&mut W>, &mut Context<'_>) -> Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        let inner = Pin::new(&mut self.inner);
        self.side.poll(cx, |cx| write(inner, cx))
    }
}

read_guarded!(IdleTimeout, S: Stream);
write_guarded!(IdleTimeout, S: Stream);
stream_guarded!(IdleTimeout, IdleReadHalf, IdleWriteHalf);
read_guarded!(IdleReadHalf, R: AsyncRead + Unpin);
write_guarded!(IdleWriteHalf, W: AsyncWrite + Unpin);

/// When a byte moved last, in either direction.
#[derive(Debug, Clone)]
struct LastMove(Arc<Mutex<Instant>>);

impl LastMove {
    fn lock(&self) -> MutexGuard<'_, Instant> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One direction, as its reader or writer sees it.
#[derive(Debug)]
struct Side<T: Timer> {
    duration: Duration,
    last: LastMove,
    alarm: Alarm<T>,
}

impl<T: Timer> Side<T> {
    fn poll(
        &mut self,
        cx: &mut Context<'_>,
        call: impl FnOnce(&mut Context<'_>) -> Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        if let Poll::Ready(result) = call(cx) {
            if let Ok(1..) = result {
                let now = self.alarm.now();
                *self.last.lock() = now;
            }
            return Poll::Ready(result);
        }
        // A task whose budget is used up waits whatever there is to read. That
        // is not idleness, and it runs again soon.
        drop(ready!(coop::poll_proceed(cx)));
        let deadline = deadline_after(*self.last.lock(), self.duration);
        ready!(self.alarm.poll_until(deadline, cx));
        let message = format!("nothing was read or written for {:?}", self.duration);
        Poll::Ready(Err(io::Error::new(ErrorKind::TimedOut, message)))
    }
}
