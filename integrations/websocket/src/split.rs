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

/// The connection of both halves. It is locked while one is polled, never across
/// an await.
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
    /// Sends a message, and waits until it is written.
    ///
    /// # Errors
    ///
    /// See [`WebSocket::send`](crate::WebSocket::send).
    pub async fn send(&mut self, message: impl Into<Message>) -> Result<()> {
        let mut message = Some(message.into());
        poll_fn(|cx| self.0.lock().poll_send(cx, &mut message)).await
    }

    /// Sends a close frame. The other half receives the messages that still arrive,
    /// and ends when the peer has closed, or the close timeout has elapsed.
    ///
    /// # Errors
    ///
    /// Returns an error if the code must not be sent, the reason is longer than 123
    /// bytes, or writing fails.
    pub async fn close(&mut self, code: CloseCode, reason: &str) -> Result<()> {
        let frame = wire_frame(code, reason)?;
        poll_fn(|cx| self.0.lock().poll_start_close(cx, &frame)).await
    }
}

/// The receiving half of a [`WebSocket`](crate::WebSocket).
///
/// Pings are sent and answered while a message is being
/// [received](WebSocketReceiver::recv).
pub struct WebSocketReceiver(Shared);

impl WebSocketReceiver {
    /// Receives the next message; `None` if the peer has closed the connection, or
    /// after an error.
    ///
    /// # Errors
    ///
    /// See [`WebSocket::recv`](crate::WebSocket::recv).
    pub async fn recv(&mut self) -> Result<Option<Message>> {
        let received = poll_fn(|cx| self.0.lock().poll_recv(cx)).await;
        received.transpose()
    }

    /// Returns the close frame of the peer, once it has closed the connection.
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

/// Closing the sink closes the connection with [`CloseCode::NORMAL`].
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
