//! The calls that a client has under way on its connection.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::mpsc;

use crate::frame::{Frame, Kind, Violation};
use crate::inbox::{Inbox, Waiting};
use crate::{Code, Status};

#[derive(Debug)]
pub(crate) struct Calls(Mutex<State>);

#[derive(Debug)]
struct State {
    /// The stream of the next call; `None` when all numbers are used up.
    next: Option<u32>,
    under_way: HashMap<u32, mpsc::UnboundedSender<Waiting>>,
    /// Why there can be no more calls.
    ended: Option<Status>,
}

impl Calls {
    pub(crate) fn new() -> Self {
        Calls(Mutex::new(State {
            next: Some(1),
            under_way: HashMap::new(),
            ended: None,
        }))
    }

    /// Begins a call: `send` puts its request into the queue of frames, so that
    /// streams are there in the order of their numbers.
    pub(crate) fn begin(
        self: &Arc<Self>,
        frames: &mpsc::Sender<Frame>,
        send: impl FnOnce(u32),
    ) -> Result<Inbox, Status> {
        let mut state = self.state();
        if let Some(why) = &state.ended {
            return Err(why.clone());
        }
        let Some(stream) = state.next else {
            let used_up = "the connection has no numbers left for calls";
            return Err(Status::new(Code::Unavailable, used_up));
        };
        state.next = stream.checked_add(2);
        let (sender, received) = mpsc::unbounded_channel();
        state.under_way.insert(stream, sender);
        send(stream);
        drop(state);
        let call = Registration {
            stream,
            calls: Arc::clone(self),
            frames: frames.clone(),
        };
        Ok(Inbox::new(received, Some(Arc::new(call))))
    }

    /// Who waits for a frame; nobody if the call was given up.
    pub(crate) fn recipient(
        &self,
        frame: &Frame,
    ) -> Result<Option<mpsc::UnboundedSender<Waiting>>, Violation> {
        let mut state = self.state();
        let stream = frame.stream;
        let begun = stream % 2 == 1 && state.next.is_none_or(|next| stream < next);
        if !begun {
            return Err(Violation::new(stream, "no call has this number"));
        }
        if frame.kind == Kind::Request {
            return Err(Violation::new(stream, "a request from a server"));
        }
        Ok(if frame.is_last() {
            state.under_way.remove(&stream)
        } else {
            state.under_way.get(&stream).cloned()
        })
    }

    /// Ends all calls.
    pub(crate) fn end(&self, why: Status) {
        let mut state = self.state();
        state.ended.get_or_insert(why);
        state.under_way.clear();
    }

    pub(crate) fn why_ended(&self) -> Status {
        let why = self.state().ended.clone();
        why.unwrap_or_else(|| Status::new(Code::Unavailable, "the connection has ended"))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A call's entry, which goes with this value.
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

    /// Whether the server may still take messages.
    pub(crate) fn is_under_way(&self) -> bool {
        self.calls.state().under_way.contains_key(&self.stream)
    }

    pub(crate) fn why_ended(&self) -> Status {
        self.calls.why_ended()
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        self.calls.state().under_way.remove(&self.stream);
    }
}
