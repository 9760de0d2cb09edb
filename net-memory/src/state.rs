//! All there is of a network, and what becomes of what its wire delivers.

use std::io::{self, ErrorKind};
use std::sync::Arc;
use std::task::Waker;

use net_traits::{Endpoint, UnixAddress};
use tokio::time::Instant;

use crate::connections::table::Connections;
use crate::hosts::Hosts;
use crate::lookup::Question;
use crate::mailboxes::Mailboxes;
use crate::wire::Wire;
use crate::wire::cargo::Cargo;
use crate::wire::due::Due;
use crate::wire::packet::{Flow, Packet, PacketKind, Place, Protocol};
use crate::wire::trace::Trace;

#[derive(Debug)]
pub(crate) struct State {
    pub(crate) seed: u64,
    pub(crate) hosts: Hosts,
    pub(crate) wire: Wire,
    pub(crate) connections: Connections,
    pub(crate) mailboxes: Mailboxes,
    pub(crate) driver: DriverState,
}

/// The task that delivers what is on its way, as the network knows it.
#[derive(Debug, Default)]
pub(crate) struct DriverState {
    pub(crate) is_running: bool,
    pub(crate) until: Option<Instant>,
    pub(crate) waker: Option<Waker>,
}

impl State {
    pub(crate) fn new(seed: u64, trace_limit: usize) -> Self {
        State {
            seed,
            hosts: Hosts::default(),
            wire: Wire::new(seed, trace_limit),
            connections: Connections::new(seed),
            mailboxes: Mailboxes::default(),
            driver: DriverState::default(),
        }
    }

    pub(crate) fn trace(&self) -> Trace {
        self.wire.recorder.trace(self.seed)
    }

    /// Delivers what is due by now, in the order of the times.
    pub(crate) fn deliver_due(&mut self) {
        while let Some(due) = self.wire.pop_due() {
            self.deliver(due);
        }
    }

    fn deliver(&mut self, due: Due) {
        let (wire, connections) = (&mut self.wire, &mut self.connections);
        match due {
            Due::Arrive(packet, cargo) => self.arrive(&packet, cargo),
            Due::SendAgain(packet, cargo) => {
                let is_wanted = match &cargo {
                    Cargo::Segment { to, segment } => connections.is_wanted(*to, segment),
                    _ => true,
                };
                if is_wanted {
                    wire.send(packet, cargo);
                }
            }
            Due::GiveUp(cargo) => self.give_up(&cargo),
            Due::Refused(packet, cargo) => self.refuse(&packet, &cargo),
            Due::Break(id) => connections.break_off(wire, id),
            Due::Unacknowledged { to, end } => connections.time_out_data(wire, to, end),
            Due::HandshakeTimeout(id) => connections.time_out_handshake(wire, id),
            Due::Probe {
                id,
                setting,
                is_asked,
            } => connections.probe(wire, id, setting, is_asked),
        }
    }

    fn arrive(&mut self, packet: &Packet, cargo: Cargo) {
        match cargo {
            Cargo::Segment { to, segment } => {
                self.connections
                    .receive(&mut self.wire, packet, to, segment);
            }
            Cargo::Datagram { from, bytes } => {
                self.mailboxes.receive(&mut self.wire, packet, from, bytes);
            }
            Cargo::Unreachable { to } => self.mailboxes.take_unreachable(&mut self.wire, to),
            Cargo::Query(question) => {
                let found = self.hosts.lookup(&question.name);
                question.answer(Ok(found), &mut self.wire.woken);
            }
        }
    }

    fn give_up(&mut self, cargo: &Cargo) {
        match cargo {
            Cargo::Segment { to, segment } => {
                self.connections.give_up(&mut self.wire, *to, segment);
            }
            Cargo::Query(question) => {
                question.answer(Err(ErrorKind::TimedOut), &mut self.wire.woken);
            }
            Cargo::Datagram { .. } | Cargo::Unreachable { .. } => {}
        }
    }

    fn refuse(&mut self, packet: &Packet, cargo: &Cargo) {
        match cargo {
            Cargo::Segment { to, .. } => self.connections.refuse(&mut self.wire, *to),
            Cargo::Datagram { from, .. } => {
                self.mailboxes.not_reached(&mut self.wire, packet, *from);
            }
            Cargo::Query(question) => {
                question.answer(Err(ErrorKind::NotFound), &mut self.wire.woken);
            }
            Cargo::Unreachable { .. } => {}
        }
    }

    /// Sends a datagram from a socket.
    pub(crate) fn try_send(
        &mut self,
        index: usize,
        buf: &[u8],
        target: Option<&Endpoint>,
    ) -> io::Result<usize> {
        let listening = &self.connections.bindings;
        self.mailboxes
            .try_send(&mut self.wire, &self.hosts, listening, index, buf, target)
    }

    /// Asks for the addresses of a name, on behalf of a host.
    pub(crate) fn ask(&mut self, host: usize, name: &str) -> Arc<Question> {
        let names = Place {
            host: usize::MAX,
            name: "names".into(),
            endpoint: Endpoint::from(UnixAddress::path(name)),
        };
        let flow = Arc::new(Flow {
            protocol: Protocol::Lookup,
            from: self.hosts.place(host, UnixAddress::unnamed().into()),
            to: names,
        });
        let question = Arc::new(Question::new(name));
        let packet = Packet::new(&flow, PacketKind::Query, 0);
        self.wire.send(packet, Cargo::Query(Arc::clone(&question)));
        question
    }

    /// Ends a rule. The packets that it held go on: they were sent already,
    /// whatever has become of their sender.
    pub(crate) fn end_rule(&mut self, id: u64) {
        let Some(rule) = self.wire.rules.remove(id) else {
            return;
        };
        for (packet, cargo) in rule.held {
            self.wire.send(packet, cargo);
        }
    }
}
