use std::fmt;
use std::future::poll_fn;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use prost::Message;
use tokio::time::{Instant, Sleep, sleep_until};

use crate::Status;
use crate::envelope::{self, Response};
use crate::frame::{Frame, Kind, NO_DATA};
use crate::inbox::Inbox;

/// A stream of received messages.
///
/// Messages that were not read are buffered, up to 16 MiB on one connection. Then
/// nothing more is read from the connection, which also blocks its other calls:
/// ttrpc has no flow control of its own. So keep reading, or drop the stream.
///
/// It is also a [`Stream`].
pub struct Streaming<T> {
    inbox: Inbox,
    deadline: Option<Pin<Box<Sleep>>>,
    ended: bool,
    message: PhantomData<fn() -> T>,
}

impl<T: Message + Default> Streaming<T> {
    pub(crate) fn new(inbox: Inbox, deadline: Option<Instant>) -> Self {
        Streaming {
            inbox,
            deadline: deadline.map(|deadline| Box::pin(sleep_until(deadline))),
            ended: false,
            message: PhantomData,
        }
    }

    /// Receives the next message; `None` after the last one, or after an error.
    ///
    /// # Errors
    ///
    /// Returns the status of the call if it fails.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. If the future is dropped, no message is lost.
    pub async fn message(&mut self) -> Result<Option<T>, Status> {
        poll_fn(|cx| self.poll_message(cx)).await.transpose()
    }

    fn poll_message(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<T, Status>>> {
        if self.ended {
            return Poll::Ready(None);
        }
        if let Some(deadline) = &mut self.deadline
            && deadline.as_mut().poll(cx).is_ready()
        {
            self.ended = true;
            return Poll::Ready(Some(Err(Status::deadline_exceeded())));
        }
        loop {
            let next = ready!(self.inbox.poll_next(cx)).and_then(|frame| self.open(frame));
            self.ended |= next.is_err();
            match next.transpose() {
                None if !self.ended => {}
                message => return Poll::Ready(message),
            }
        }
    }

    /// Decodes the message in a frame, if there is one.
    fn open(&mut self, frame: Frame) -> Result<Option<T>, Status> {
        self.ended = frame.is_last();
        let payload = match frame.kind {
            Kind::Response => {
                let response: Response = envelope::decode(frame.payload, "response")?;
                if let Some(status) = Status::from_wire(response.status) {
                    return Err(status);
                }
                // Without a payload, it only ends the call.
                Some(response.payload).filter(|payload| !payload.is_empty())
            }
            _ if frame.has(NO_DATA) => None,
            _ => Some(frame.payload),
        };
        let message = payload.map(|payload| envelope::decode(payload, "message"));
        message.transpose()
    }
}

impl<T: Message + Default> Stream for Streaming<T> {
    type Item = Result<T, Status>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().poll_message(cx)
    }
}

impl<T> fmt::Debug for Streaming<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Streaming")
            .field("ended", &self.ended)
            .finish_non_exhaustive()
    }
}
