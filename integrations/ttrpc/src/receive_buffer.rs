//! The memory for frames that have been received but not read.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::frame::Frame;

/// How many bytes may wait on one connection. Nothing more is read from it
/// until some of them are taken: ttrpc has no flow control of its own.
const CAPACITY: u32 = 16 << 20;
/// What a frame takes beside its payload.
const OVERHEAD: u32 = 128;

/// The limit on what waits to be read on one connection.
#[derive(Debug)]
pub(crate) struct ReceiveBuffer(Arc<Semaphore>);

/// A frame that counts against the limit until it is read.
#[derive(Debug)]
pub(crate) struct Buffered {
    frame: Frame,
    _permit: OwnedSemaphorePermit,
}

impl ReceiveBuffer {
    pub(crate) fn new() -> Self {
        ReceiveBuffer(Arc::new(Semaphore::new(CAPACITY as usize)))
    }

    /// Waits until there is room for a frame.
    pub(crate) async fn admit(&self, frame: Frame) -> Buffered {
        let length = u32::try_from(frame.payload.len()).unwrap_or(CAPACITY);
        let bytes = length.saturating_add(OVERHEAD).min(CAPACITY);
        let permit = Arc::clone(&self.0).acquire_many_owned(bytes).await;
        Buffered {
            frame,
            _permit: permit.expect("the semaphore is never closed"),
        }
    }
}

impl Buffered {
    pub(crate) fn into_frame(self) -> Frame {
        self.frame
    }
}
