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

/// Messages that come one after the other.
///
/// What is not read waits, up to 16 MiB on one connection. Then nothing more is
/// read from that connection, other calls included: ttrpc has no flow control
/// of its own. So read on, or drop it.
///
/// It is a [`Stream`], too.
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

    /// The next message; `None` behind the last one.
    ///
    /// Nothing is lost if it is cancelled.
    ///
    /// # Errors
    ///
    /// The status that the call has ended with. Nothing comes behind it.
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

    /// The message in a frame, if there is one.
    fn open(&mut self, frame: Frame) -> Result<Option<T>, Status> {
        self.ended = frame.is_last();
        let payload = match frame.kind {
            Kind::Response => {
                let response: Response = envelope::decode(frame.payload, "the response")?;
                if let Some(status) = Status::from_wire(response.status) {
                    return Err(status);
                }
                // Without a payload it only says that the call is over.
                Some(response.payload).filter(|payload| !payload.is_empty())
            }
            _ if frame.has(NO_DATA) => None,
            _ => Some(frame.payload),
        };
        let message = payload.map(|payload| envelope::decode(payload, "a message"));
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
