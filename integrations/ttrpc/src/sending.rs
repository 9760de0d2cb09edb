use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use prost::Message;
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::calls::Registration;
use crate::deadline::within;
use crate::envelope::{self, Response};
use crate::frame::{Frame, Kind};
use crate::inbox::Inbox;
use crate::{Code, Status};

/// The sending half of a call.
///
/// Dropping it leaves the call open, since the protocol cannot distinguish a
/// cancelled call from a complete one. The call ends on the server with its
/// timeout, or with the connection.
pub struct StreamSender<T> {
    call: Arc<Registration>,
    deadline: Option<Instant>,
    message: PhantomData<fn(T)>,
}

impl<T: Message> StreamSender<T> {
    pub(crate) fn new(call: Arc<Registration>, deadline: Option<Instant>) -> Self {
        StreamSender {
            call,
            deadline,
            message: PhantomData,
        }
    }

    /// Sends a message, waiting while the connection is busy.
    ///
    /// # Errors
    ///
    /// Returns [`Cancelled`](Code::Cancelled) if the server has ended the call; the
    /// receiving half returns its status. Returns
    /// [`ResourceExhausted`](Code::ResourceExhausted) if the message is longer than
    /// 4 MiB.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped before it completes, the message is not sent.
    pub async fn send(&mut self, message: T) -> Result<(), Status> {
        let payload = envelope::encode(&message)?;
        self.put(Frame::data(self.call.stream(), payload)).await
    }

    /// Ends the stream of messages.
    ///
    /// # Errors
    ///
    /// See [`send`](StreamSender::send).
    pub async fn close(self) -> Result<(), Status> {
        self.put(Frame::end(self.call.stream())).await
    }

    async fn put(&self, frame: Frame) -> Result<(), Status> {
        let room = within(self.deadline, self.call.reserve()).await?;
        // containerd's server 1.2.7 crashes on messages for a call that it has ended.
        if !self.call.is_pending() {
            return Err(Status::new(
                Code::Cancelled,
                "the server has ended the call",
            ));
        }
        room.send(frame);
        Ok(())
    }
}

impl<T> fmt::Debug for StreamSender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StreamSender").finish_non_exhaustive()
    }
}

/// A client-streaming call.
pub struct ClientStreaming<Q, R> {
    sender: StreamSender<Q>,
    inbox: Inbox,
    answer: PhantomData<fn() -> R>,
}

impl<Q: Message, R: Message + Default> ClientStreaming<Q, R> {
    pub(crate) fn new(sender: StreamSender<Q>, inbox: Inbox) -> Self {
        ClientStreaming {
            sender,
            inbox,
            answer: PhantomData,
        }
    }

    /// Sends a message, waiting while the connection is busy.
    ///
    /// # Errors
    ///
    /// See [`StreamSender::send`]. [`finish`](ClientStreaming::finish) returns the
    /// status of the call.
    pub async fn send(&mut self, message: Q) -> Result<(), Status> {
        self.sender.send(message).await
    }

    /// Ends the stream of messages, and waits for the response.
    ///
    /// # Errors
    ///
    /// Returns the status of the call if it fails.
    pub async fn finish(mut self) -> Result<R, Status> {
        let deadline = self.sender.deadline;
        match self.sender.close().await {
            // The server has responded already.
            Err(status) if status.code() == Code::Cancelled => {}
            closed => closed?,
        }
        let frame = within(deadline, self.inbox.next()).await?;
        answer(frame)
    }
}

impl<Q, R> fmt::Debug for ClientStreaming<Q, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientStreaming").finish_non_exhaustive()
    }
}

/// Returns the message of a response.
pub(crate) fn answer<R: Message + Default>(frame: Frame) -> Result<R, Status> {
    if frame.kind != Kind::Response {
        let invalid = "the server sent a stream instead of one response";
        return Err(Status::new(Code::Internal, invalid));
    }
    let response: Response = envelope::decode(frame.payload, "response")?;
    match Status::from_wire(response.status) {
        Some(status) => Err(status),
        None => envelope::decode(response.payload, "message"),
    }
}

/// The sending half of a streaming method on a server.
///
/// The call ends when the method returns.
pub struct Replies<T> {
    frames: mpsc::Sender<Frame>,
    stream: u32,
    message: PhantomData<fn(T)>,
}

impl<T: Message> Replies<T> {
    pub(crate) fn new(frames: mpsc::Sender<Frame>, stream: u32) -> Self {
        Replies {
            frames,
            stream,
            message: PhantomData,
        }
    }

    /// Sends a message, waiting while the connection is busy.
    ///
    /// # Errors
    ///
    /// Returns [`ResourceExhausted`](Code::ResourceExhausted) if the message is
    /// longer than 4 MiB, and [`Cancelled`](Code::Cancelled) if the connection has
    /// ended.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped before it completes, the message is not sent.
    pub async fn send(&mut self, message: T) -> Result<(), Status> {
        let payload = envelope::encode(&message)?;
        let sent = self.frames.send(Frame::data(self.stream, payload)).await;
        sent.map_err(|_| Status::new(Code::Cancelled, "the connection has ended"))
    }
}

impl<T> fmt::Debug for Replies<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Replies").finish_non_exhaustive()
    }
}
