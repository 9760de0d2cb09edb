use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::sync::OnceLock;
use std::task::{Context, Poll, Waker, ready};
use std::time::Instant;

use net_traits::{Endpoint, OptionName, Result, SocketOption, Stream, Timer};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::alarm::Alarm;
use crate::deadlines::{Deadlines, Limit, note};
use crate::guarded::{read_guarded, stream_guarded, write_guarded};

/// A stream with deadlines for reads and for writes, as Go's `net.Conn` has
/// them.
///
/// - A deadline is an instant. It applies to every read or write, those that are
///   pending when it is set included.
/// - From the deadline on they fail, of kind
///   [`TimedOut`](ErrorKind::TimedOut), even if data is there or room to write,
///   until the deadline is moved or cleared. Then the stream goes on where it
///   was: a read that timed out took nothing.
/// - Flushes and shutdowns count as writes.
///
/// A deadline may be set with a shared reference, and from another task by
/// [`deadlines`](Deadlined::deadlines). `net::with_deadlines` makes one with
/// the timer of the target.
///
/// It allocates nothing until it has a deadline or a handle, or is split. Only a
/// call that has to wait starts a timer, which is reused: moving the deadline
/// before each call is cheap.
///
/// # Cancel safety
///
/// It is that of the wrapped stream: dropping a pending read or write loses no
/// byte. As with every error, what `write_all` had sent before it timed out is
/// not known; `write` times out only if it has sent nothing.
///
/// # Example
///
/// ```
/// use std::time::Duration;
/// use net_time::Deadlined;
/// use net_traits::{Result, Stream, Timer};
/// use tokio::io::{AsyncReadExt, AsyncWriteExt};
///
/// /// Sends a request, and waits at most five seconds for the answer.
/// async fn ask<S: Stream, T: Timer>(stream: S, timer: T) -> Result<[u8; 4]> {
///     let deadline = timer.now() + Duration::from_secs(5);
///     let mut stream = Deadlined::new(stream, timer);
///     stream.set_deadline(Some(deadline));
///     stream.write_all(b"ping").await?;
///     let mut answer = [0; 4];
///     stream.read_exact(&mut answer).await?;
///     Ok(answer)
/// }
/// ```
#[derive(Debug)]
pub struct Deadlined<S, T: Timer> {
    inner: S,
    // Made when it is first needed.
    deadlines: OnceLock<Deadlines>,
    reading: Side<T>,
    writing: Side<T>,
}

impl<S, T: Timer> Deadlined<S, T> {
    /// Wraps a stream, without deadlines.
    pub fn new(stream: S, timer: T) -> Self {
        Deadlined {
            inner: stream,
            deadlines: OnceLock::new(),
            reading: Side::new("read deadline exceeded", timer.clone()),
            writing: Side::new("write deadline exceeded", timer),
        }
    }

    /// Sets the deadline of reads and of writes, replacing earlier ones. `None`
    /// clears them.
    ///
    /// Calls that are pending see it too. One in the past makes them fail at
    /// once, and so is a way to interrupt them.
    pub fn set_deadline(&self, deadline: Option<Instant>) {
        self.set_read_deadline(deadline);
        self.set_write_deadline(deadline);
    }

    /// Sets or clears the deadline of reads; see
    /// [`set_deadline`](Deadlined::set_deadline).
    pub fn set_read_deadline(&self, deadline: Option<Instant>) {
        if let Some(deadlines) = self.deadlines_for(deadline) {
            deadlines.set_read_deadline(deadline);
        }
    }

    /// Sets or clears the deadline of writes, flushes and shutdowns; see
    /// [`set_deadline`](Deadlined::set_deadline).
    pub fn set_write_deadline(&self, deadline: Option<Instant>) {
        if let Some(deadlines) = self.deadlines_for(deadline) {
            deadlines.set_write_deadline(deadline);
        }
    }

    /// A handle that sets the same deadlines from anywhere, also after the
    /// stream was split.
    pub fn deadlines(&self) -> Deadlines {
        self.shared().clone()
    }

    /// Returns the wrapped stream.
    pub fn get_ref(&self) -> &S {
        &self.inner
    }

    /// Unwraps the stream.
    pub fn into_inner(self) -> S {
        self.inner
    }

    /// What has to know of a new deadline: nothing if there was none to clear.
    fn deadlines_for(&self, deadline: Option<Instant>) -> Option<&Deadlines> {
        match deadline {
            Some(_) => Some(self.shared()),
            None => self.deadlines.get(),
        }
    }

    fn shared(&self) -> &Deadlines {
        self.deadlines.get_or_init(|| {
            Deadlines::new(self.reading.waiting.clone(), self.writing.waiting.clone())
        })
    }
}

impl<S: Stream, T: Timer> Deadlined<S, T> {
    fn reading(
        &mut self,
        cx: &mut Context<'_>,
        read: impl FnOnce(Pin<&mut S>, &mut Context<'_>) -> Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        let limit = self.deadlines.get().map(Deadlines::read);
        let inner = Pin::new(&mut self.inner);
        self.reading.poll(limit, cx, |cx| read(inner, cx))
    }

    fn writing(
        &mut self,
        cx: &mut Context<'_>,
        write: impl FnOnce(Pin<&mut S>, &mut Context<'_>) -> Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        let limit = self.deadlines.get().map(Deadlines::write);
        let inner = Pin::new(&mut self.inner);
        self.writing.poll(limit, cx, |cx| write(inner, cx))
    }

    fn split(
        self,
    ) -> (
        DeadlinedReadHalf<S::ReadHalf, T>,
        DeadlinedWriteHalf<S::WriteHalf, T>,
    ) {
        let deadlines = self.deadlines();
        let (read, write) = self.inner.into_split();
        let read = DeadlinedReadHalf {
            inner: read,
            deadlines: deadlines.clone(),
            side: self.reading,
        };
        let write = DeadlinedWriteHalf {
            inner: write,
            deadlines,
            side: self.writing,
        };
        (read, write)
    }
}

/// The reading half of a [`Deadlined`] stream.
#[derive(Debug)]
pub struct DeadlinedReadHalf<R, T: Timer> {
    inner: R,
    deadlines: Deadlines,
    side: Side<T>,
}

/// The writing half of a [`Deadlined`] stream. Dropping it ends the write
/// direction, whatever the deadline.
#[derive(Debug)]
pub struct DeadlinedWriteHalf<W, T: Timer> {
    inner: W,
    deadlines: Deadlines,
    side: Side<T>,
}

impl<R, T: Timer> DeadlinedReadHalf<R, T> {
    /// A handle that sets the deadlines of both halves.
    pub fn deadlines(&self) -> Deadlines {
        self.deadlines.clone()
    }

    /// Sets or clears the deadline of reads; see [`Deadlined::set_deadline`].
    pub fn set_read_deadline(&self, deadline: Option<Instant>) {
        self.deadlines.set_read_deadline(deadline);
    }
}

impl<W, T: Timer> DeadlinedWriteHalf<W, T> {
    /// A handle that sets the deadlines of both halves.
    pub fn deadlines(&self) -> Deadlines {
        self.deadlines.clone()
    }

    /// Sets or clears the deadline of writes; see [`Deadlined::set_deadline`].
    pub fn set_write_deadline(&self, deadline: Option<Instant>) {
        self.deadlines.set_write_deadline(deadline);
    }
}

impl<R: AsyncRead + Unpin, T: Timer> DeadlinedReadHalf<R, T> {
    fn reading(
        &mut self,
        cx: &mut Context<'_>,
        read: impl FnOnce(Pin<&mut R>, &mut Context<'_>) -> Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        let inner = Pin::new(&mut self.inner);
        let limit = Some(self.deadlines.read());
        self.side.poll(limit, cx, |cx| read(inner, cx))
    }
}

impl<W: AsyncWrite + Unpin, T: Timer> DeadlinedWriteHalf<W, T> {
    fn writing(
        &mut self,
        cx: &mut Context<'_>,
        write: impl FnOnce(Pin<&mut W>, &mut Context<'_>) -> Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        let inner = Pin::new(&mut self.inner);
        let limit = Some(self.deadlines.write());
        self.side.poll(limit, cx, |cx| write(inner, cx))
    }
}

read_guarded!(Deadlined, S: Stream);
write_guarded!(Deadlined, S: Stream);
stream_guarded!(Deadlined, DeadlinedReadHalf, DeadlinedWriteHalf);
read_guarded!(DeadlinedReadHalf, R: AsyncRead + Unpin);
write_guarded!(DeadlinedWriteHalf, W: AsyncWrite + Unpin);

/// One direction, as seen by whoever reads or writes.
#[derive(Debug)]
struct Side<T: Timer> {
    exceeded: &'static str,
    alarm: Alarm<T>,
    /// Who waits, while there is no [`Limit`] to note it.
    waiting: Option<Waker>,
}

impl<T: Timer> Side<T> {
    fn new(exceeded: &'static str, timer: T) -> Self {
        Side {
            exceeded,
            alarm: Alarm::new(timer),
            waiting: None,
        }
    }

    fn poll(
        &mut self,
        limit: Option<&Limit>,
        cx: &mut Context<'_>,
        call: impl FnOnce(&mut Context<'_>) -> Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        let Some(limit) = limit else {
            let polled = call(cx);
            if polled.is_pending() {
                drop(note(&mut self.waiting, cx.waker()));
            }
            return polled;
        };
        // First the deadline: what is there is not taken after it.
        if limit.deadline().is_some_and(|at| at <= self.alarm.now()) {
            return Poll::Ready(Err(self.exceeded()));
        }
        if let Poll::Ready(result) = call(cx) {
            return Poll::Ready(result);
        }
        // It may have moved since it was looked at.
        match limit.wait(cx.waker()) {
            Some(deadline) => ready!(self.alarm.poll_until(deadline, cx)),
            None => return Poll::Pending,
        }
        Poll::Ready(Err(self.exceeded()))
    }

    fn exceeded(&self) -> io::Error {
        io::Error::new(ErrorKind::TimedOut, self.exceeded)
    }
}
