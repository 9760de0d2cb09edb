//! All connections and listeners, and how a connection ends.

use std::collections::HashSet;
use std::io::ErrorKind;

use net_traits::Endpoint;
use rand::SeedableRng;
use rand::rngs::Xoshiro256PlusPlus;
use slab::Slab;

use super::end::End;
use super::listening::Listening;
use crate::bindings::Bindings;
use crate::options::Options;
use crate::wire::Wire;
use crate::wire::cargo::{ACCEPTOR, Cargo, DIALER, EndId, Segment};
use crate::wire::packet::{Flow, Packet};

#[derive(Debug)]
pub(crate) struct Connections {
    list: Slab<Connection>,
    next_serial: u64,
    /// Hosts with both addresses of their connections.
    pairs: HashSet<(usize, Endpoint, Endpoint)>,
    pub(crate) listeners: Slab<Listening>,
    pub(crate) bindings: Bindings,
    /// Decides which reads are short, if any.
    pub(crate) short_reads: Option<Xoshiro256PlusPlus>,
}

#[derive(Debug)]
struct Connection {
    serial: u64,
    ends: [End; 2],
    /// The listener at which the acceptor's end waits.
    listener: Option<usize>,
}

impl Connections {
    pub(crate) fn new(seed: u64) -> Self {
        Connections {
            list: Slab::new(),
            next_serial: 0,
            pairs: HashSet::new(),
            listeners: Slab::new(),
            bindings: Bindings::default(),
            short_reads: Some(short_reads(seed)),
        }
    }

    pub(crate) fn set_short_reads(&mut self, seed: u64, is_on: bool) {
        self.short_reads = is_on.then(|| short_reads(seed));
    }

    /// A connection without a handshake yet, owned by its dialer.
    pub(crate) fn insert(&mut self, flow: Flow, options: Options) -> EndId {
        let serial = self.next_serial;
        self.next_serial += 1;
        self.pairs.insert(pair(&flow));
        let back = flow.back();
        let mut dialer = End::new(flow, options.clone());
        dialer.is_owned = true;
        let connection = self.list.insert(Connection {
            serial,
            ends: [dialer, End::new(back, options)],
            listener: None,
        });
        EndId {
            connection,
            serial,
            side: DIALER,
        }
    }

    /// Whether a host may connect from one address to the other.
    pub(crate) fn is_pair_free(&self, host: usize, local: &Endpoint, remote: &Endpoint) -> bool {
        !self.pairs.contains(&(host, local.clone(), remote.clone()))
    }

    /// Whether the connection of an end is still there.
    pub(crate) fn has(&self, id: EndId) -> bool {
        let connection = self.list.get(id.connection);
        connection.is_some_and(|connection| connection.serial == id.serial)
    }

    /// An end of a connection that is there: one of its ends has an owner.
    pub(crate) fn end(&mut self, id: EndId) -> &mut End {
        &mut self.list[id.connection].ends[id.side]
    }

    /// An end, and the one at the other side.
    pub(crate) fn both(&mut self, id: EndId) -> (&mut End, &mut End) {
        let [dialer, acceptor] = &mut self.list[id.connection].ends;
        match id.side {
            DIALER => (dialer, acceptor),
            _ => (acceptor, dialer),
        }
    }

    /// The listener at which a connection waits.
    pub(crate) fn listener(&mut self, id: EndId) -> &mut Option<usize> {
        &mut self.list[id.connection].listener
    }

    /// The acceptors' ends that wait at a listener, in the order of the table.
    pub(crate) fn waiting(&self, listener: usize) -> Vec<EndId> {
        self.list
            .iter()
            .filter(|(_, connection)| connection.listener == Some(listener))
            .map(|(index, connection)| EndId {
                connection: index,
                serial: connection.serial,
                side: ACCEPTOR,
            })
            .collect()
    }

    /// Sends a segment to the other end. Returns whether it was lost.
    pub(crate) fn send(&mut self, wire: &mut Wire, from: EndId, segment: Segment) -> bool {
        let packet = Packet::new(&self.end(from).flow, segment.kind(), segment.len());
        let to = from.other();
        wire.send(packet, Cargo::Segment { to, segment })
    }

    /// Lets go of an end, and tells the other that the connection is no more.
    pub(crate) fn abort(&mut self, wire: &mut Wire, id: EndId) {
        let was_alive = std::mem::take(&mut self.end(id).is_alive);
        if was_alive && self.end(id.other()).is_owned {
            self.send(wire, id, Segment::Reset);
        }
        self.disown(id);
    }

    /// Lets go of an end.
    pub(crate) fn disown(&mut self, id: EndId) {
        self.end(id).is_owned = false;
        let connection = &self.list[id.connection];
        if connection.ends.iter().any(|end| end.is_owned) {
            return;
        }
        let connection = self.list.remove(id.connection);
        self.pairs.remove(&pair(&connection.ends[DIALER].flow));
    }

    /// Ends a connection at one end, which is told why.
    pub(crate) fn die(&mut self, wire: &mut Wire, id: EndId, error: ErrorKind) {
        let end = self.end(id);
        if !std::mem::take(&mut end.is_alive) {
            return;
        }
        end.error = Some(error);
        end.wake(&mut wire.woken);
        if id.side == ACCEPTOR && !end.is_established {
            self.forget_opening(id);
        }
    }

    /// Takes a connection out of the queue of its listener: its handshake has
    /// failed.
    fn forget_opening(&mut self, id: EndId) {
        if let Some(listener) = self.listener(id).take() {
            self.listeners[listener].opening -= 1;
            self.disown(id);
        }
    }
}

fn pair(flow: &Flow) -> (usize, Endpoint, Endpoint) {
    let Flow { from, to, .. } = flow;
    (from.host, from.endpoint.clone(), to.endpoint.clone())
}

/// A generator of its own, so that reads change nothing of what rules do.
fn short_reads(seed: u64) -> Xoshiro256PlusPlus {
    Xoshiro256PlusPlus::seed_from_u64(!seed)
}
