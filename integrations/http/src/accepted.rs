use std::future::Future;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Sleep;

/// With these bytes a connection of HTTP/2 begins (RFC 9113 §3.4); with any
/// others, one of HTTP/1.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// A connection from its accept to its end, an upgrade included.
///
/// hyper-util waits without a limit until it is clear which version a peer
/// speaks. Here that is limited; from then on hyper looks after it. Nor has hyper
/// a limit for a peer that asks, but does not read the answers.
#[derive(Debug)]
pub(crate) struct Accepted<S> {
    stream: S,
    beginning: Option<Beginning>,
    write_timeout: Duration,
    /// While nothing can be written: until when.
    stalled: Option<Pin<Box<Sleep>>>,
    _permit: OwnedSemaphorePermit,
}

#[derive(Debug)]
struct Beginning {
    deadline: Pin<Box<Sleep>>,
    timeout: Duration,
    /// How much of the preface has come.
    seen: usize,
}

impl<S> Accepted<S> {
    pub(crate) fn new(
        stream: S,
        header_timeout: Duration,
        write_timeout: Duration,
        permit: OwnedSemaphorePermit,
    ) -> Self {
        let beginning = Beginning {
            deadline: Box::pin(tokio::time::sleep(header_timeout)),
            timeout: header_timeout,
            seen: 0,
        };
        Accepted {
            stream,
            beginning: Some(beginning),
            write_timeout,
            stalled: None,
            _permit: permit,
        }
    }

    /// Limits how long nothing can be written.
    fn written<T>(
        &mut self,
        cx: &mut Context<'_>,
        written: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.stalled = None;
            return written;
        }
        let timeout = self.write_timeout;
        let stalled = self
            .stalled
            .get_or_insert_with(|| Box::pin(tokio::time::sleep(timeout)));
        ready!(stalled.as_mut().poll(cx));
        let message = format!("the peer took nothing for {timeout:?}");
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, message)))
    }
}

impl Beginning {
    /// Whether it is clear which version is spoken.
    fn is_over(&mut self, bytes: &[u8]) -> bool {
        let expected = &PREFACE[self.seen..];
        let len = bytes.len().min(expected.len());
        self.seen += len;
        bytes.is_empty() || bytes[..len] != expected[..len] || self.seen == PREFACE.len()
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.deadline.as_mut().poll(cx));
        let message = format!("no request within {:?}", self.timeout);
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, message)))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Accepted<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let before = buf.filled().len();
        let read = Pin::new(&mut this.stream).poll_read(cx, buf);
        if let Some(beginning) = &mut this.beginning {
            if read.is_pending() {
                return beginning.poll(cx);
            }
            if beginning.is_over(&buf.filled()[before..]) {
                this.beginning = None;
            }
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Accepted<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, buf);
        self.written(cx, written)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let written = Pin::new(&mut self.stream).poll_flush(cx);
        self.written(cx, written)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let written = Pin::new(&mut self.stream).poll_shutdown(cx);
        self.written(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, bufs);
        self.written(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
