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

/// Where a client puts the messages of a call.
///
/// Dropping it leaves the call open, for the protocol cannot tell a call that
/// is given up from one that is complete. The server learns of it when the time
/// for the call is over, or the connection ends.
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

    /// Sends a message. It waits while the connection is busy; if it is
    /// cancelled meanwhile, the message is not sent.
    ///
    /// # Errors
    ///
    /// [`Cancelled`](Code::Cancelled) when the server has ended the call: how, the
    /// other half of it tells. [`ResourceExhausted`](Code::ResourceExhausted) if
    /// the message is longer than 4 MiB.
    pub async fn send(&mut self, message: T) -> Result<(), Status> {
        let payload = envelope::encode(&message)?;
        self.put(Frame::data(self.call.stream(), payload)).await
    }

    /// Says that this was the last message.
    ///
    /// # Errors
    ///
    /// As [`send`](StreamSender::send).
    pub async fn close(self) -> Result<(), Status> {
        self.put(Frame::end(self.call.stream())).await
    }

    async fn put(&self, frame: Frame) -> Result<(), Status> {
        let room = within(self.deadline, self.call.reserve()).await?;
        // containerd's server 1.2.7 crashes on messages for a call that it has ended.
        if !self.call.is_under_way() {
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

/// A call of many messages that has one for an answer.
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

    /// Sends a message; see [`StreamSender::send`].
    ///
    /// # Errors
    ///
    /// As [`StreamSender::send`]; [`finish`](ClientStreaming::finish) tells more.
    pub async fn send(&mut self, message: Q) -> Result<(), Status> {
        self.sender.send(message).await
    }

    /// Says that this was the last message, and waits for the answer.
    ///
    /// # Errors
    ///
    /// The status that the call has ended with.
    pub async fn finish(mut self) -> Result<R, Status> {
        let deadline = self.sender.deadline;
        match self.sender.close().await {
            // The answer is there already.
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

/// The message of a response.
pub(crate) fn answer<R: Message + Default>(frame: Frame) -> Result<R, Status> {
    if frame.kind != Kind::Response {
        let odd = "the server streams, where one answer is due";
        return Err(Status::new(Code::Internal, odd));
    }
    let response: Response = envelope::decode(frame.payload, "the response")?;
    match Status::from_wire(response.status) {
        Some(status) => Err(status),
        None => envelope::decode(response.payload, "the answer"),
    }
}

/// Where a server's method puts the messages of its answer.
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

    /// Sends a message. It waits while the connection is busy; if it is
    /// cancelled meanwhile, the message is not sent.
    ///
    /// # Errors
    ///
    /// [`ResourceExhausted`](Code::ResourceExhausted) if the message is longer
    /// than 4 MiB, [`Cancelled`](Code::Cancelled) when the connection has ended.
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
