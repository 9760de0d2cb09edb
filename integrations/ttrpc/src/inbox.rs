//! What has come for a call and waits to be read.

use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

use crate::calls::Registration;
use crate::frame::Frame;
use crate::{Code, Status};

/// How many bytes of one connection may wait. Then nothing more is read from
/// it until some are taken: ttrpc has no flow control of its own.
const ROOM: u32 = 16 << 20;
/// What a frame takes beside its payload.
const OVERHEAD: u32 = 128;

/// The room for all that waits on one connection.
#[derive(Debug)]
pub(crate) struct Room(Arc<Semaphore>);

/// A frame, with the room that it takes until it is read.
#[derive(Debug)]
pub(crate) struct Waiting {
    frame: Frame,
    _room: OwnedSemaphorePermit,
}

impl Room {
    pub(crate) fn new() -> Self {
        Room(Arc::new(Semaphore::new(ROOM as usize)))
    }

    /// Waits until there is room for the frame.
    pub(crate) async fn take(&self, frame: Frame) -> Waiting {
        let length = u32::try_from(frame.payload.len()).unwrap_or(ROOM);
        let bytes = length.saturating_add(OVERHEAD).min(ROOM);
        let room = Arc::clone(&self.0).acquire_many_owned(bytes).await;
        Waiting {
            frame,
            _room: room.expect("nobody closes it"),
        }
    }
}

/// The frames of one call, in their order.
#[derive(Debug)]
pub(crate) struct Inbox {
    frames: mpsc::UnboundedReceiver<Waiting>,
    /// The client's entry of the call; the server has none.
    call: Option<Arc<Registration>>,
}

impl Inbox {
    pub(crate) fn new(
        frames: mpsc::UnboundedReceiver<Waiting>,
        call: Option<Arc<Registration>>,
    ) -> Self {
        Inbox { frames, call }
    }

    /// The next frame; an error if the connection ends before it.
    pub(crate) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Result<Frame, Status>> {
        let next = ready!(self.frames.poll_recv(cx));
        Poll::Ready(match next {
            Some(waiting) => Ok(waiting.frame),
            None => Err(self.lost()),
        })
    }

    pub(crate) async fn next(&mut self) -> Result<Frame, Status> {
        std::future::poll_fn(|cx| self.poll_next(cx)).await
    }

    pub(crate) fn call(&self) -> Option<Arc<Registration>> {
        self.call.clone()
    }

    fn lost(&self) -> Status {
        match &self.call {
            Some(call) => call.why_ended(),
            None => Status::new(Code::Cancelled, "the connection has ended"),
        }
    }
}
