//! The frames that a call has received.

use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::sync::mpsc;

use crate::calls::Registration;
use crate::frame::Frame;
use crate::receive_buffer::Buffered;
use crate::{Code, Status};

/// The frames of one call, in order.
#[derive(Debug)]
pub(crate) struct Inbox {
    frames: mpsc::UnboundedReceiver<Buffered>,
    /// The client's entry of the call; the server has none.
    call: Option<Arc<Registration>>,
}

impl Inbox {
    pub(crate) fn new(
        frames: mpsc::UnboundedReceiver<Buffered>,
        call: Option<Arc<Registration>>,
    ) -> Self {
        Inbox { frames, call }
    }

    /// Polls for the next frame; an error if the connection ends before it.
    pub(crate) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Result<Frame, Status>> {
        let next = ready!(self.frames.poll_recv(cx));
        Poll::Ready(match next {
            Some(buffered) => Ok(buffered.into_frame()),
            None => Err(self.lost()),
        })
    }

    pub(crate) async fn next(&mut self) -> Result<Frame, Status> {
        std::future::poll_fn(|cx| self.poll_next(cx)).await
    }

    fn lost(&self) -> Status {
        match &self.call {
            Some(call) => call.why_ended(),
            None => Status::new(Code::Cancelled, "the connection has ended"),
        }
    }
}
