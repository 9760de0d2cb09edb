use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;
use futures_sink::Sink;

use crate::close::{normal, wire_frame};
use crate::connection::Connection;
use crate::{CloseCode, CloseFrame, Error, Message, Result, WebSocketReceiver, WebSocketSender};

/// A WebSocket, on either side.
///
/// Pings of the peer are answered, and its close is, while somebody
/// [receives](WebSocket::recv). Dropping it closes the connection without a
/// word; [`close`](WebSocket::close) is polite.
///
/// ```
/// # async fn example(mut socket: net_websocket::WebSocket) -> net_websocket::Result<()> {
/// while let Some(message) = socket.recv().await? {
///     socket.send(message).await?;
/// }
/// # Ok(())
/// # }
/// ```
///
/// It is also a [`Stream`] and a [`Sink`] of messages.
pub struct WebSocket {
    connection: Connection,
    protocol: Option<String>,
}

impl WebSocket {
    pub(crate) fn new(connection: Connection, protocol: Option<String>) -> Self {
        WebSocket {
            connection,
            protocol,
        }
    }

    /// Waits for the next message; `None` when the peer has closed, or after
    /// an error.
    ///
    /// # Errors
    ///
    /// If the peer breaks the protocol, sends more than the limits allow, or
    /// is gone without a close frame, or for longer than pings have shown.
    /// Where it may, the peer is told by a close frame, and has a second to
    /// read it.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses no message.
    pub async fn recv(&mut self) -> Result<Option<Message>> {
        let received = poll_fn(|cx| self.connection.poll_recv(cx)).await;
        received.transpose()
    }

    /// Sends a message, and waits until it is written.
    ///
    /// # Errors
    ///
    /// [Closed](Error::is_closed) after a close of either side; otherwise if
    /// the connection is broken.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, the message is sent as a whole or not at all.
    /// What was begun goes on with the next call of any method.
    pub async fn send(&mut self, message: impl Into<Message>) -> Result<()> {
        let mut message = Some(message.into());
        poll_fn(|cx| self.connection.poll_send(cx, &mut message)).await
    }

    /// Closes the connection: says why, and waits until the peer has done its
    /// part. Messages that it has sent before are dropped.
    ///
    /// Where the connection is closed already, this does nothing.
    ///
    /// # Errors
    ///
    /// If the code or a reason of more than 123 bytes cannot be sent, or the
    /// peer does not do its part in time. The connection is gone in that case,
    /// too.
    pub async fn close(&mut self, code: CloseCode, reason: &str) -> Result<()> {
        let frame = wire_frame(code, reason)?;
        poll_fn(|cx| self.connection.poll_close(cx, &frame)).await
    }

    /// The subprotocol that both sides speak (RFC 6455 §1.9).
    #[must_use]
    pub fn protocol(&self) -> Option<&str> {
        self.protocol.as_deref()
    }

    /// What the peer said when it closed.
    #[must_use]
    pub fn close_frame(&self) -> Option<&CloseFrame> {
        self.connection.close_frame()
    }

    /// Splits it, for two tasks.
    #[must_use]
    pub fn split(self) -> (WebSocketSender, WebSocketReceiver) {
        crate::split::split(self.connection)
    }
}

impl Stream for WebSocket {
    type Item = Result<Message>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Message>>> {
        self.connection.poll_recv(cx)
    }
}

/// Closing it is a close with [`CloseCode::NORMAL`].
impl Sink<Message> for WebSocket {
    type Error = Error;

    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        self.connection.poll_ready(cx)
    }

    fn start_send(mut self: Pin<&mut Self>, message: Message) -> Result<()> {
        self.connection.start_send(message)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        self.connection.poll_flush(cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        self.connection.poll_close(cx, &normal())
    }
}

impl fmt::Debug for WebSocket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebSocket")
            .field("protocol", &self.protocol)
            .finish_non_exhaustive()
    }
}
