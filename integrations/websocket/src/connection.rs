mod closing;

use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use futures_core::Stream as _;
use futures_sink::Sink as _;
use tokio::time::Sleep;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite;
use tungstenite::protocol::Role;

use crate::error::{Error, Reason, Result};
use crate::keep_alive::{Due, KeepAlive};
use crate::settings::Settings;
use crate::transport::Transport;
use crate::{CloseFrame, Message, Text};

/// A connection: messages, pings and the close handshake.
///
/// Its two directions may be polled by different tasks.
#[derive(Debug)]
pub(crate) struct Connection {
    /// `None` once the connection has ended, so that the socket is closed.
    stream: Option<WebSocketStream<Transport>>,
    url: Option<String>,
    frame_limit: Option<usize>,
    close_timeout: Duration,
    keep_alive: Option<KeepAlive>,
    /// When the peer must have completed the close handshake.
    close_deadline: Option<Pin<Box<Sleep>>>,
    close_sent: bool,
    peer_closed: bool,
    close_frame: Option<CloseFrame>,
    /// The error to return once the peer was sent a close frame.
    failure: Option<Error>,
    /// Whether something waits to be flushed by the next poll: a ping, or a
    /// message whose send was dropped.
    unflushed: bool,
    receiver: Option<Waker>,
    sender: Option<Waker>,
}

impl Connection {
    /// Creates a connection whose handshake is done.
    pub(crate) fn new(
        stream: WebSocketStream<Transport>,
        settings: &Settings,
        url: Option<String>,
    ) -> Self {
        Connection {
            stream: Some(stream),
            url,
            frame_limit: settings.frame_limit(),
            close_timeout: settings.close_timeout,
            keep_alive: KeepAlive::new(settings),
            close_deadline: None,
            close_sent: false,
            peer_closed: false,
            close_frame: None,
            failure: None,
            unflushed: false,
            receiver: None,
            sender: None,
        }
    }

    /// Creates the server's side of an upgraded HTTP connection.
    pub(crate) async fn upgraded(transport: Transport, settings: &Settings) -> Self {
        let config = Some(settings.wire());
        let stream = WebSocketStream::from_raw_socket(transport, Role::Server, config).await;
        Connection::new(stream, settings, None)
    }

    /// Returns the close frame of the peer.
    pub(crate) fn close_frame(&self) -> Option<&CloseFrame> {
        self.close_frame.as_ref()
    }

    pub(crate) fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Message>>> {
        loop {
            // Before reading: the peer may send without end.
            self.poll_close_deadline(cx);
            if self.failure.is_some() {
                ready!(self.poll_linger(cx));
                self.end(cx);
                return Poll::Ready(self.failure.take().map(Err));
            }
            if self.unflushed {
                self.flush_aside(cx);
            }
            let Some(stream) = &mut self.stream else {
                return Poll::Ready(None);
            };
            match Pin::new(stream).poll_next(cx) {
                Poll::Ready(Some(Ok(message))) => {
                    if let Some(keep_alive) = &mut self.keep_alive {
                        keep_alive.heard();
                    }
                    if let Some(message) = self.take_in(message) {
                        return Poll::Ready(Some(Ok(message)));
                    }
                }
                Poll::Ready(Some(Err(tungstenite::Error::Io(_)))) if self.peer_closed => {
                    // The peer has closed before the connection broke.
                    self.end(cx);
                }
                Poll::Ready(Some(Err(error))) => {
                    self.fail(Reason::of_connection(error, self.frame_limit));
                }
                Poll::Ready(None) => self.end(cx),
                Poll::Pending if self.poll_keep_alive(cx).is_ready() => {}
                Poll::Pending => {
                    remember(&mut self.receiver, cx);
                    return Poll::Pending;
                }
            }
        }
    }

    /// Takes in a message. Returns it unless it is a control frame.
    fn take_in(&mut self, message: tungstenite::Message) -> Option<Message> {
        match message {
            tungstenite::Message::Text(text) => Some(Message::Text(Text(text))),
            tungstenite::Message::Binary(bytes) => Some(Message::Binary(bytes)),
            tungstenite::Message::Close(frame) => {
                self.peer_closed = true;
                self.close_frame = frame.map(CloseFrame::from_wire);
                self.start_close_deadline(self.close_timeout);
                None
            }
            // tungstenite answers pings, and never returns raw frames.
            _ => None,
        }
    }

    /// Pings a silent peer. Ready if that has changed something.
    fn poll_keep_alive(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(keep_alive) = &mut self.keep_alive else {
            return Poll::Pending;
        };
        match ready!(keep_alive.poll(cx)) {
            Due::Ping => {
                if let Some(stream) = &mut self.stream {
                    let ping = tungstenite::Message::Ping(bytes::Bytes::new());
                    // An error of the stream shows when it is read again.
                    let _ = Pin::new(stream).start_send(ping);
                    self.unflushed = true;
                }
            }
            Due::TimedOut(after) => {
                let what = "response to a ping";
                self.failure = Some(self.error("receive", Reason::TimedOut { what, after }));
                self.end(cx);
            }
        }
        Poll::Ready(())
    }

    /// Flushes from the receiving side. This replaces the waker of the sending
    /// side, which must poll again then.
    fn flush_aside(&mut self, cx: &mut Context<'_>) {
        let Some(stream) = &mut self.stream else {
            return;
        };
        match Pin::new(stream).poll_flush(cx) {
            Poll::Ready(_) => self.unflushed = false,
            Poll::Pending => wake(&mut self.sender),
        }
    }

    /// Sends the message, unless that is done, and flushes.
    pub(crate) fn poll_send(
        &mut self,
        cx: &mut Context<'_>,
        message: &mut Option<Message>,
    ) -> Poll<Result<()>> {
        if message.is_some() {
            ready!(self.poll_ready(cx))?;
            if let Some(message) = message.take() {
                self.start_send(message)?;
            }
        }
        self.poll_flush(cx)
    }

    pub(crate) fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<()>> {
        let stream = self.open_stream()?;
        let ready = Pin::new(stream).poll_ready(cx);
        self.sent(cx, ready)
    }

    pub(crate) fn start_send(&mut self, message: Message) -> Result<()> {
        let stream = self.open_stream()?;
        let sent = Pin::new(stream).start_send(message.into_wire());
        sent.map_err(|error| self.send_error(error))
    }

    pub(crate) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<()>> {
        let stream = self.open_stream()?;
        let flushed = Pin::new(stream).poll_flush(cx);
        self.unflushed &= flushed.is_pending();
        self.sent(cx, flushed)
    }

    fn sent(
        &mut self,
        cx: &mut Context<'_>,
        polled: Poll<Result<(), tungstenite::Error>>,
    ) -> Poll<Result<()>> {
        if polled.is_pending() {
            self.unflushed = true;
            remember(&mut self.sender, cx);
        }
        polled.map_err(|error| self.send_error(error))
    }

    fn open_stream(&mut self) -> Result<&mut WebSocketStream<Transport>> {
        if self.close_sent || self.peer_closed || self.failure.is_some() || self.stream.is_none() {
            let reason = Reason::Closed(self.close_frame.clone());
            return Err(self.error("send", reason));
        }
        Ok(self.stream.as_mut().expect("checked above"))
    }

    fn send_error(&self, error: tungstenite::Error) -> Error {
        match Reason::of_connection(error, self.frame_limit) {
            Reason::Closed(None) => self.error("send", Reason::Closed(self.close_frame.clone())),
            reason => self.error("send", reason),
        }
    }

    fn error(&self, action: &'static str, reason: Reason) -> Error {
        Error::new(action, reason).with_url(self.url.as_deref())
    }
}

fn remember(waker: &mut Option<Waker>, cx: &Context<'_>) {
    match waker {
        Some(waker) => waker.clone_from(cx.waker()),
        None => *waker = Some(cx.waker().clone()),
    }
}

fn wake(waker: &mut Option<Waker>) {
    if let Some(waker) = waker.take() {
        waker.wake();
    }
}
