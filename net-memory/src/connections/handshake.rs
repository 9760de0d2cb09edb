//! How a connection begins.

use std::io::{self, ErrorKind};
use std::task::{Context, Poll};

use super::table::Connections;
use crate::options::Options;
use crate::wire::Wire;
use crate::wire::cargo::{Cargo, EndId, Segment};
use crate::wire::due::Due;
use crate::wire::packet::{Flow, Packet};
use crate::wire::retry::handshake_timeout;
use crate::wire::trace::Fate;

impl Connections {
    /// Asks for a connection.
    pub(crate) fn connect(&mut self, wire: &mut Wire, flow: Flow, options: Options) -> EndId {
        let id = self.insert(flow, options);
        self.send(wire, id, Segment::Syn);
        id
    }

    pub(crate) fn poll_connected(
        &mut self,
        wire: &mut Wire,
        id: EndId,
        cx: &Context<'_>,
    ) -> Poll<io::Result<()>> {
        let end = self.end(id);
        if let Some(error) = end.error.take() {
            return Poll::Ready(Err(error.into()));
        }
        if end.is_established {
            return Poll::Ready(Ok(()));
        }
        if end.writer.replace(cx.waker().clone()).is_none() {
            // Only now, since most handshakes take no time.
            wire.after(handshake_timeout(), Due::HandshakeTimeout(id));
        }
        Poll::Pending
    }

    /// Ends a handshake that is not done, whatever keeps it from being so.
    pub(crate) fn time_out_handshake(&mut self, wire: &mut Wire, id: EndId) {
        if self.has(id) && !self.end(id).is_established {
            self.die(wire, id, ErrorKind::TimedOut);
        }
    }

    /// A dialer asks for a connection.
    pub(crate) fn take_syn(&mut self, wire: &mut Wire, packet: &Packet, to: EndId) {
        let place = &packet.flow.to;
        let Some(listener) = self.bindings.find(place.host, &place.endpoint) else {
            if self.send(wire, to, Segment::Reset) {
                ask_again(wire, packet, to);
            }
            return;
        };
        let listening = &mut self.listeners[listener];
        if listening.is_full() {
            wire.record(packet, Fate::NoRoom);
            ask_again(wire, packet, to);
            return;
        }
        listening.opening += 1;
        let options = listening.options.clone();
        *self.listener(to) = Some(listener);
        let end = self.end(to);
        end.is_owned = true;
        end.options = options;
        self.send(wire, to, Segment::SynAck);
        if !wire.rules.is_empty() {
            // Without a rule the handshake is done before anything else happens.
            wire.after(handshake_timeout(), Due::HandshakeTimeout(to));
        }
    }

    /// The listener grants the connection.
    pub(crate) fn take_syn_ack(&mut self, wire: &mut Wire, to: EndId) {
        let end = self.end(to);
        if !end.is_open() {
            // The dialer has stopped waiting (RFC 9293 §3.10.7.1).
            self.send(wire, to, Segment::Reset);
            return;
        }
        end.is_established = true;
        wire.woken.extend(end.writer.take());
        self.send(wire, to, Segment::Ack);
        self.set_up_keepalive(wire, to);
    }

    /// The dialer has heard that the connection is granted.
    pub(crate) fn take_ack(&mut self, wire: &mut Wire, to: EndId) {
        let end = self.end(to);
        if !end.is_open() || std::mem::replace(&mut end.is_established, true) {
            return;
        }
        self.set_up_keepalive(wire, to);
        let Some(listener) = *self.listener(to) else {
            return;
        };
        let listening = &mut self.listeners[listener];
        listening.opening -= 1;
        listening.ready.push_back(to);
        listening.waiters.wake(&mut wire.woken);
    }
}

/// Lets the dialer ask again: it has got no answer.
fn ask_again(wire: &mut Wire, packet: &Packet, to: EndId) {
    let segment = Segment::Syn;
    wire.send_again(packet.clone(), Cargo::Segment { to, segment });
}
