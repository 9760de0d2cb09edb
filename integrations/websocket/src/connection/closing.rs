//! The end of a connection: the close handshake (RFC 6455 §7), and failures.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_sink::Sink as _;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_tungstenite::tungstenite;
use tungstenite::protocol::CloseFrame as WireFrame;

use super::{Connection, wake};
use crate::error::{Reason, Result};

/// How long a peer that violated the protocol has at most to read the close
/// frame. Closing at once would reset the connection if bytes of the peer are
/// unread (RFC 9293 §3.10.4), and the close frame would be lost.
const LINGER: Duration = Duration::from_secs(1);

impl Connection {
    /// Sends a close frame, unless the connection is closing, and flushes it.
    pub(crate) fn poll_start_close(
        &mut self,
        cx: &mut Context<'_>,
        frame: &WireFrame,
    ) -> Poll<Result<()>> {
        let closing = self.close_sent || self.peer_closed || self.failure.is_some();
        let Some(stream) = &mut self.stream else {
            return Poll::Ready(Ok(()));
        };
        if !closing {
            let message = tungstenite::Message::Close(Some(frame.clone()));
            let sent = Pin::new(stream).start_send(message);
            sent.map_err(|error| self.send_error(error))?;
            self.close_sent = true;
            self.start_close_deadline(self.close_timeout);
            // The receiving side has a deadline now.
            wake(&mut self.receiver);
        }
        let Some(stream) = &mut self.stream else {
            return Poll::Ready(Ok(()));
        };
        let flushed = Pin::new(stream).poll_flush(cx);
        self.sent(cx, flushed)
    }

    /// Sends a close frame, and waits for that of the peer.
    pub(crate) fn poll_close(
        &mut self,
        cx: &mut Context<'_>,
        frame: &WireFrame,
    ) -> Poll<Result<()>> {
        // The deadline, which is checked below, covers a peer that reads nothing.
        if let Poll::Ready(Err(error)) = self.poll_start_close(cx, frame) {
            self.end(cx);
            return Poll::Ready(Err(error));
        }
        loop {
            match ready!(self.poll_recv(cx)) {
                Some(Ok(_)) => {}
                Some(Err(error)) => return Poll::Ready(Err(error)),
                None => return Poll::Ready(Ok(())),
            }
        }
    }

    pub(super) fn start_close_deadline(&mut self, timeout: Duration) {
        self.close_deadline
            .get_or_insert_with(|| Box::pin(tokio::time::sleep(timeout)));
    }

    /// Ends the connection when the deadline of the close handshake has passed.
    pub(super) fn poll_close_deadline(&mut self, cx: &mut Context<'_>) {
        let Some(deadline) = &mut self.close_deadline else {
            return;
        };
        if self.failure.is_none() && deadline.as_mut().poll(cx).is_ready() {
            if !self.peer_closed {
                let after = self.close_timeout;
                let what = "close frame from the peer";
                self.failure = Some(self.error("close", Reason::TimedOut { what, after }));
            }
            self.end(cx);
        }
    }

    pub(super) fn end(&mut self, cx: &mut Context<'_>) {
        if let Some(mut stream) = self.stream.take() {
            // The socket is closed in any case; TLS sends close_notify before.
            let _ = Pin::new(stream.get_mut()).poll_shutdown(cx);
        }
        wake(&mut self.sender);
    }

    /// Fails the connection. A peer that violated the protocol is sent a close
    /// frame.
    pub(super) fn fail(&mut self, reason: Reason) {
        let error = self.error("receive", reason);
        if let (Some(code), Some(stream)) = (error.close_code(), &mut self.stream) {
            let frame = WireFrame {
                code: code.0.into(),
                reason: "".into(),
            };
            // Fails if the connection is closing, which needs no further frame.
            let _ = Pin::new(stream).start_send(tungstenite::Message::Close(Some(frame)));
            self.start_close_deadline(self.close_timeout.min(LINGER));
        } else {
            self.stream = None;
        }
        self.failure = Some(error);
    }

    /// Ready when the peer has shut down its side, or the deadline has passed.
    pub(super) fn poll_linger(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let (Some(stream), Some(deadline)) = (&mut self.stream, &mut self.close_deadline) else {
            return Poll::Ready(());
        };
        if Pin::new(&mut *stream).poll_flush(cx).is_ready() {
            let _ = Pin::new(stream.get_mut()).poll_shutdown(cx);
        }
        // Before reading: the peer may send without end.
        if deadline.as_mut().poll(cx).is_ready() {
            return Poll::Ready(());
        }
        let mut space = [0; 4 << 10];
        loop {
            let mut rest = ReadBuf::new(&mut space);
            let transport = Pin::new(stream.get_mut());
            match transport.poll_read(cx, &mut rest) {
                Poll::Ready(Ok(())) if !rest.filled().is_empty() => {}
                Poll::Ready(_) => return Poll::Ready(()),
                Poll::Pending => return Poll::Pending,
            }
        }
    }
}
