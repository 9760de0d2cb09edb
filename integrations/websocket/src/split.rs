use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use futures_core::Stream;
use futures_sink::Sink;

use crate::close::{normal, wire_frame};
use crate::connection::Connection;
use crate::{CloseCode, CloseFrame, Error, Message, Result};

/// The connection that both halves have. It is locked while one is polled,
/// never across an await.
#[derive(Clone)]
struct Shared(Arc<Mutex<Connection>>);

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Connection> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(crate) fn split(connection: Connection) -> (WebSocketSender, WebSocketReceiver) {
    let shared = Shared(Arc::new(Mutex::new(connection)));
    (WebSocketSender(shared.clone()), WebSocketReceiver(shared))
}

/// The sending half of a [`WebSocket`](crate::WebSocket).
///
/// The connection closes when both halves are dropped.
pub struct WebSocketSender(Shared);

impl WebSocketSender {
    /// Sends a message, as [`WebSocket::send`](crate::WebSocket::send) does.
    ///
    /// # Errors
    ///
    /// As that has.
    pub async fn send(&mut self, message: impl Into<Message>) -> Result<()> {
        let mut message = Some(message.into());
        poll_fn(|cx| self.0.lock().poll_send(cx, &mut message)).await
    }

    /// Says that the connection is to be closed, and why. The other half gets
    /// the messages that are still under way, and ends when the peer has done
    /// its part, or has had its time.
    ///
    /// # Errors
    ///
    /// If the code or a reason of more than 123 bytes cannot be sent, or the
    /// connection is broken.
    pub async fn close(&mut self, code: CloseCode, reason: &str) -> Result<()> {
        let frame = wire_frame(code, reason)?;
        poll_fn(|cx| self.0.lock().poll_start_close(cx, &frame)).await
    }
}

/// The receiving half of a [`WebSocket`](crate::WebSocket).
///
/// Pings are sent and answered while it [receives](WebSocketReceiver::recv).
pub struct WebSocketReceiver(Shared);

impl WebSocketReceiver {
    /// Waits for the next message, as [`WebSocket::recv`](crate::WebSocket::recv)
    /// does.
    ///
    /// # Errors
    ///
    /// As that has.
    pub async fn recv(&mut self) -> Result<Option<Message>> {
        let received = poll_fn(|cx| self.0.lock().poll_recv(cx)).await;
        received.transpose()
    }

    /// What the peer said when it closed.
    #[must_use]
    pub fn close_frame(&self) -> Option<CloseFrame> {
        self.0.lock().close_frame().cloned()
    }
}

impl Stream for WebSocketReceiver {
    type Item = Result<Message>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Message>>> {
        self.0.lock().poll_recv(cx)
    }
}

/// Closing it is a close with [`CloseCode::NORMAL`].
impl Sink<Message> for WebSocketSender {
    type Error = Error;

    fn poll_ready(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        self.0.lock().poll_ready(cx)
    }

    fn start_send(self: Pin<&mut Self>, message: Message) -> Result<()> {
        self.0.lock().start_send(message)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        self.0.lock().poll_flush(cx)
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        self.0.lock().poll_start_close(cx, &normal())
    }
}

impl fmt::Debug for WebSocketSender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebSocketSender(..)")
    }
}

impl fmt::Debug for WebSocketReceiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebSocketReceiver(..)")
    }
}
