//! A stream whose messages are inspected, to protect the assumptions of tokio-postgres.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::answers::Answers;
use crate::copy_sync::CopySync;
use crate::requests::Requests;

/// The maximum number of bytes accepted from the client at once.
const AT_ONCE: usize = 64 * 1024;

/// A stream to a server, which fails if the server violates the protocol.
#[derive(Debug)]
pub(crate) struct Guarded<S> {
    stream: S,
    requests: Requests,
    answers: Answers,
    copy_sync: CopySync,
    /// Bytes that the stream has not accepted yet, from `sent` on.
    unsent: Vec<u8>,
    sent: usize,
}

impl<S> Guarded<S> {
    pub(crate) fn new(stream: S) -> Self {
        Guarded {
            stream,
            requests: Requests::default(),
            answers: Answers::default(),
            copy_sync: CopySync::default(),
            unsent: Vec::new(),
            sent: 0,
        }
    }

    /// Inspects bytes that were sent.
    fn pass(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            let taken = self.requests.take(bytes)?;
            bytes = &bytes[taken..];
        }
        Ok(())
    }

    #[cfg(feature = "tls")]
    pub(crate) fn get_ref(&self) -> &S {
        &self.stream
    }

    #[cfg(feature = "tls")]
    pub(crate) fn into_inner(self) -> S {
        self.stream
    }
}

impl<S: AsyncWrite + Unpin> Guarded<S> {
    fn poll_send(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while self.sent < self.unsent.len() {
            let stream = Pin::new(&mut self.stream);
            match ready!(stream.poll_write(cx, &self.unsent[self.sent..]))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                sent => self.sent += sent,
            }
        }
        self.unsent.clear();
        self.sent = 0;
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Guarded<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        ready!(this.poll_send(cx))?;
        if !this.copy_sync.has_kept() && !this.requests.may_copy_in() {
            // Nothing is held. tokio-postgres does not flush during the login.
            let sent = ready!(Pin::new(&mut this.stream).poll_write(cx, bytes))?;
            this.pass(&bytes[..sent])?;
            return Poll::Ready(Ok(sent));
        }
        let bytes = &bytes[..bytes.len().min(AT_ONCE)];
        this.unsent = this.copy_sync.edit(bytes, &mut this.requests)?;
        // The rest is sent by the next write or flush.
        let _ = this.poll_send(cx)?;
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_send(cx))?;
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_send(cx))?;
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Guarded<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let before = buf.filled().len();
        ready!(Pin::new(&mut this.stream).poll_read(cx, buf))?;
        let arrived = &buf.filled()[before..];
        Poll::Ready(this.answers.read(arrived, &mut this.requests))
    }
}
