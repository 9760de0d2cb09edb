//! Listeners.

use std::task::{Context, Poll};

use net_traits::Endpoint;

use super::listening::Listening;
use super::table::Connections;
use crate::options::Options;
use crate::wire::Wire;
use crate::wire::cargo::EndId;

impl Connections {
    pub(crate) fn listen(&mut self, host: usize, local: &Endpoint, options: Options) -> usize {
        let v6only = options.v6only;
        let listening = Listening::new(host, local.clone(), options);
        let listener = self.listeners.insert(listening);
        self.bindings.bind(host, local, v6only, listener);
        listener
    }

    pub(crate) fn poll_accept(&mut self, listener: usize, cx: &Context<'_>) -> Poll<EndId> {
        let listening = &mut self.listeners[listener];
        let Some(id) = listening.ready.pop_front() else {
            listening.waiters.add(cx);
            return Poll::Pending;
        };
        *self.listener(id) = None;
        Poll::Ready(id)
    }

    /// Closes a listener, and resets the connections that it has not accepted.
    pub(crate) fn close_listener(&mut self, wire: &mut Wire, listener: usize) {
        let listening = self.listeners.remove(listener);
        self.bindings
            .unbind(listening.host, &listening.local, listener);
        let mut waiting: Vec<EndId> = listening.ready.into();
        if listening.opening > 0 {
            waiting = self.waiting(listener);
        }
        for id in waiting {
            *self.listener(id) = None;
            self.abort(wire, id);
        }
    }
}
