use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;
use futures_sink::Sink;

use crate::close::{normal, wire_frame};
use crate::connection::Connection;
use crate::{CloseCode, CloseFrame, Error, Message, Result, WebSocketReceiver, WebSocketSender};

/// A WebSocket connection, of a client or a server.
///
/// Pings and close frames of the peer are answered while a message is being
/// [received](WebSocket::recv). Dropping the socket closes the connection without
/// a close frame; see [`close`](WebSocket::close).
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
/// A `WebSocket` is also a [`Stream`] and a [`Sink`] of messages.
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

    /// Receives the next message; `None` if the peer has closed the connection, or
    /// after an error.
    ///
    /// # Errors
    ///
    /// Returns an error if the peer violates the protocol, exceeds a limit, does
    /// not respond to a ping, or disconnects without a close frame. For the first
    /// two, the peer is sent a close frame, and has a second to read it.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. If the future is dropped, no message is lost.
    pub async fn recv(&mut self) -> Result<Option<Message>> {
        let received = poll_fn(|cx| self.connection.poll_recv(cx)).await;
        received.transpose()
    }

    /// Sends a message, and waits until it is written.
    ///
    /// # Errors
    ///
    /// Returns a [closed](Error::is_closed) error if either side has closed the
    /// connection, and another error if writing fails.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, the message is sent as a whole or not at all. The
    /// next call of any method continues a send that has started.
    pub async fn send(&mut self, message: impl Into<Message>) -> Result<()> {
        let mut message = Some(message.into());
        poll_fn(|cx| self.connection.poll_send(cx, &mut message)).await
    }

    /// Closes the connection: sends a close frame, and waits for that of the peer.
    /// Messages that arrive before it are dropped.
    ///
    /// This does nothing if the connection is already closed.
    ///
    /// # Errors
    ///
    /// Returns an error if the code must not be sent, the reason is longer than 123
    /// bytes, or the close handshake fails or times out. In the latter case, the
    /// connection is closed nevertheless.
    pub async fn close(&mut self, code: CloseCode, reason: &str) -> Result<()> {
        let frame = wire_frame(code, reason)?;
        poll_fn(|cx| self.connection.poll_close(cx, &frame)).await
    }

    /// Returns the negotiated subprotocol (RFC 6455 §1.9).
    #[must_use]
    pub fn protocol(&self) -> Option<&str> {
        self.protocol.as_deref()
    }

    /// Returns the close frame of the peer, once it has closed the connection.
    #[must_use]
    pub fn close_frame(&self) -> Option<&CloseFrame> {
        self.connection.close_frame()
    }

    /// Splits the socket into halves, which two tasks can use.
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

/// Closing the sink closes the connection with [`CloseCode::NORMAL`].
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
