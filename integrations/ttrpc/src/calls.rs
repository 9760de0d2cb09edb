//! The pending calls of a client's connection.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::mpsc;

use crate::frame::{Frame, Kind, Violation};
use crate::receive_buffer::Buffered;
use crate::{Code, Status};

#[derive(Debug)]
pub(crate) struct Calls(Mutex<State>);

#[derive(Debug)]
struct State {
    /// The stream of the next call; `None` once all numbers are used.
    next: Option<u32>,
    pending: HashMap<u32, mpsc::UnboundedSender<Buffered>>,
    /// Why the connection has ended.
    ended: Option<Status>,
}

impl Calls {
    pub(crate) fn new() -> Self {
        Calls(Mutex::new(State {
            next: Some(1),
            pending: HashMap::new(),
            ended: None,
        }))
    }

    /// Begins a call. `send` puts its request into the queue of frames, so that
    /// requests are in the order of their stream numbers.
    pub(crate) fn begin(
        self: &Arc<Self>,
        frames: &mpsc::Sender<Frame>,
        send: impl FnOnce(u32),
    ) -> Result<(Registration, mpsc::UnboundedReceiver<Buffered>), Status> {
        let mut state = self.state();
        if let Some(why) = &state.ended {
            return Err(why.clone());
        }
        let Some(stream) = state.next else {
            let exhausted = "the stream numbers of the connection are exhausted";
            return Err(Status::new(Code::Unavailable, exhausted));
        };
        state.next = stream.checked_add(2);
        let (sender, received) = mpsc::unbounded_channel();
        state.pending.insert(stream, sender);
        send(stream);
        drop(state);
        let call = Registration {
            stream,
            calls: Arc::clone(self),
            frames: frames.clone(),
        };
        Ok((call, received))
    }

    /// Returns the recipient of a frame; `None` if the call was cancelled.
    pub(crate) fn recipient(
        &self,
        frame: &Frame,
    ) -> Result<Option<mpsc::UnboundedSender<Buffered>>, Violation> {
        let mut state = self.state();
        let stream = frame.stream;
        let begun = stream % 2 == 1 && state.next.is_none_or(|next| stream < next);
        if !begun {
            return Err(Violation::new(stream, "no call uses this stream"));
        }
        if frame.kind == Kind::Request {
            return Err(Violation::new(stream, "a request from a server"));
        }
        Ok(if frame.is_last() {
            state.pending.remove(&stream)
        } else {
            state.pending.get(&stream).cloned()
        })
    }

    /// Ends all calls.
    pub(crate) fn end(&self, why: Status) {
        let mut state = self.state();
        state.ended.get_or_insert(why);
        state.pending.clear();
    }

    pub(crate) fn why_ended(&self) -> Status {
        let why = self.state().ended.clone();
        why.unwrap_or_else(|| Status::new(Code::Unavailable, "the connection has ended"))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The entry of a call, which is removed when this is dropped.
#[derive(Debug)]
pub(crate) struct Registration {
    stream: u32,
    calls: Arc<Calls>,
    /// Keeps the connection open.
    frames: mpsc::Sender<Frame>,
}

impl Registration {
    pub(crate) fn stream(&self) -> u32 {
        self.stream
    }

    /// Waits until there is room for a frame of this call.
    pub(crate) async fn reserve(&self) -> Result<mpsc::Permit<'_, Frame>, Status> {
        let room = self.frames.reserve().await;
        room.map_err(|_| self.why_ended())
    }

    /// Returns whether the server may still receive messages.
    pub(crate) fn is_pending(&self) -> bool {
        self.calls.state().pending.contains_key(&self.stream)
    }

    pub(crate) fn why_ended(&self) -> Status {
        self.calls.why_ended()
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        self.calls.state().pending.remove(&self.stream);
    }
}
