//! Listeners: who knocks, and who is let in.

use std::collections::VecDeque;
use std::task::{Context, Poll};

use net_traits::Endpoint;

use crate::connection::{ACCEPTOR, EndId};
use crate::options::Options;
use crate::packet::{Packet, PacketKind};
use crate::state::State;
use crate::trace::Fate;
use crate::transport::Cargo;
use crate::waiters::Waiters;

#[derive(Debug)]
pub(crate) struct Listening {
    pub(crate) host: usize,
    pub(crate) local: Endpoint,
    pub(crate) options: Options,
    /// Connections whose handshake is not done.
    opening: usize,
    /// Connections that nobody has accepted yet, by number.
    ready: VecDeque<usize>,
    waiters: Waiters,
}

impl Listening {
    fn is_full(&self) -> bool {
        // One more than the backlog, as Linux has it.
        self.opening + self.ready.len() > self.options.backlog as usize
    }
}

impl State {
    pub(crate) fn listen(&mut self, host: usize, local: &Endpoint, options: Options) -> usize {
        let v6only = options.v6only;
        let listener = self.listeners.insert(Listening {
            host,
            local: local.clone(),
            options,
            opening: 0,
            ready: VecDeque::new(),
            waiters: Waiters::default(),
        });
        self.listening.bind(host, local, v6only, listener);
        listener
    }

    pub(crate) fn poll_accept(&mut self, listener: usize, cx: &Context<'_>) -> Poll<EndId> {
        let listening = &mut self.listeners[listener];
        let Some(connection) = listening.ready.pop_front() else {
            listening.waiters.add(cx);
            return Poll::Pending;
        };
        self.connections[connection].listener = None;
        Poll::Ready(EndId {
            connection,
            side: ACCEPTOR,
        })
    }

    /// Nobody takes the connections that wait there: they are reset.
    pub(crate) fn close_listener(&mut self, listener: usize) {
        let listening = self.listeners.remove(listener);
        self.listening
            .unbind(listening.host, &listening.local, listener);
        let mut waiting: Vec<usize> = listening.ready.into();
        if listening.opening > 0 {
            let all = self.connections.iter();
            waiting = all
                .filter(|(_, connection)| connection.listener == Some(listener))
                .map(|(index, _)| index)
                .collect();
        }
        for connection in waiting {
            self.connections[connection].listener = None;
            self.abort(EndId {
                connection,
                side: ACCEPTOR,
            });
        }
    }

    /// Somebody asks for a connection.
    pub(crate) fn take_syn(&mut self, packet: &Packet, to: EndId) {
        let place = &packet.flow.to;
        let Some(listener) = self.listening.find(place.host, &place.endpoint) else {
            self.signal(to, PacketKind::Reset);
            return;
        };
        let listening = &mut self.listeners[listener];
        if listening.is_full() {
            self.record(packet, Fate::NoRoom);
            let cargo = Cargo::Stream {
                to,
                serial: self.connections[to.connection].serial,
                seq: 0,
                content: None,
            };
            self.lose(packet.clone(), cargo);
            return;
        }
        listening.opening += 1;
        let options = listening.options.clone();
        self.connections[to.connection].listener = Some(listener);
        let end = self.end(to);
        end.is_owned = true;
        end.options = options;
        self.signal(to, PacketKind::SynAck);
    }

    /// The handshake is done.
    pub(crate) fn take_ack(&mut self, to: EndId) {
        self.end_probe(to);
        let end = self.end(to);
        if !end.is_owned || !end.is_alive || std::mem::replace(&mut end.is_established, true) {
            return;
        }
        self.set_up_keepalive(to);
        let Some(listener) = self.connections[to.connection].listener else {
            return;
        };
        let listening = &mut self.listeners[listener];
        listening.opening -= 1;
        listening.ready.push_back(to.connection);
        listening.waiters.wake(&mut self.woken);
    }

    /// A handshake has failed on the side of the listener.
    pub(crate) fn forget_opening(&mut self, id: EndId) {
        if let Some(listener) = self.connections[id.connection].listener.take() {
            self.listeners[listener].opening -= 1;
            self.abort(id);
        }
    }
}
