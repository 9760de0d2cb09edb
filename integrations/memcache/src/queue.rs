//! Passes requests from a connection's callers to its driver.

use std::collections::VecDeque;
use std::task::Waker;

use bytes::BytesMut;
use tokio::sync::{OwnedSemaphorePermit, oneshot};

use crate::pending::{Answer, Failure, Lost, Pending};
use crate::request::Request;

/// A buffer that has grown beyond this is freed when it is empty.
const KEPT: usize = 256 << 10;

/// State shared by the callers and the driver.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    /// The bytes of requests that the driver has not taken yet, and what awaits their replies.
    pub(crate) bytes: BytesMut,
    pub(crate) pending: Vec<Pending>,
    /// Why the connection ended, if it has.
    pub(crate) lost: Option<Lost>,
    /// Whether it ended while replies were outstanding.
    pub(crate) owed: bool,
    /// Whether the handle was dropped.
    pub(crate) abandoned: bool,
    pub(crate) task: Option<Waker>,
    next_opaque: u32,
    /// The total number of bytes queued so far.
    end: u64,
}

impl Queue {
    /// Appends a request. The number is the position where it starts.
    pub(crate) fn push(
        &mut self,
        request: &Request<'_>,
        permit: OwnedSemaphorePermit,
    ) -> (oneshot::Receiver<Result<Answer, Failure>>, u64) {
        let (opaque, start) = (self.next_opaque, self.end);
        let opaques = u32::try_from(request.opaques()).unwrap_or(u32::MAX);
        self.next_opaque = opaque.wrapping_add(opaques);
        let (pending, answer) = Pending::new(request, opaque, start, permit);
        let before = self.bytes.len();
        request.write(&mut self.bytes, opaque);
        self.end += (self.bytes.len() - before) as u64;
        self.pending.push(pending);
        (answer, start)
    }

    /// Moves everything that is queued to the buffers of the driver.
    pub(crate) fn move_to(&mut self, bytes: &mut BytesMut, pending: &mut VecDeque<Pending>) {
        if bytes.is_empty() {
            if bytes.capacity() > KEPT {
                *bytes = BytesMut::new();
            }
            std::mem::swap(bytes, &mut self.bytes);
        } else {
            bytes.extend_from_slice(&self.bytes);
            self.bytes.clear();
        }
        pending.extend(self.pending.drain(..));
    }
}
