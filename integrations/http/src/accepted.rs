use std::future::Future;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Sleep;

/// The bytes that an HTTP/2 connection begins with (RFC 9113 §3.4). Any others
/// begin an HTTP/1 connection.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// An accepted connection, with the timeouts that hyper does not have.
///
/// hyper-util waits without a limit until it knows which version the peer
/// speaks; from then on, hyper has a timeout for reading. It has none for a peer
/// that sends requests but does not read the responses.
#[derive(Debug)]
pub(crate) struct Accepted<S> {
    stream: S,
    beginning: Option<Beginning>,
    write_timeout: Duration,
    /// The end of the write timeout, while nothing can be written.
    stalled: Option<Pin<Box<Sleep>>>,
    _permit: OwnedSemaphorePermit,
}

#[derive(Debug)]
struct Beginning {
    deadline: Pin<Box<Sleep>>,
    timeout: Duration,
    /// How much of the preface was received.
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

    /// Applies the write timeout to the result of a write.
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
        let message = format!("the peer read nothing for {timeout:?}");
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, message)))
    }
}

impl Beginning {
    /// Takes in received bytes. Returns whether the version is known now.
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
