//! What arrives at an end, and what does not.

use std::io::ErrorKind;

use super::table::Connections;
use crate::wire::Wire;
use crate::wire::cargo::{ACCEPTOR, DIALER, EndId, Segment};
use crate::wire::packet::Packet;

impl Connections {
    pub(crate) fn receive(
        &mut self,
        wire: &mut Wire,
        packet: &Packet,
        to: EndId,
        segment: Segment,
    ) {
        if !self.has(to) {
            return;
        }
        self.end_probe(to);
        match segment {
            Segment::Syn => self.take_syn(wire, packet, to),
            Segment::SynAck => self.take_syn_ack(wire, to),
            Segment::Ack => self.take_ack(wire, to),
            Segment::Content(content) => self.take_content(wire, packet, to, content),
            Segment::Reset => self.take_reset(wire, to),
            Segment::Probe => self.take_probe(wire, to),
            Segment::ProbeAnswer => {}
        }
    }

    fn take_reset(&mut self, wire: &mut Wire, to: EndId) {
        let error = if self.end(to).is_established {
            ErrorKind::ConnectionReset
        } else {
            ErrorKind::ConnectionRefused
        };
        self.die(wire, to, error);
    }

    /// Whether the sender of a lost segment sends it again.
    pub(crate) fn is_wanted(&mut self, to: EndId, segment: &Segment) -> bool {
        if !self.has(to) {
            return false;
        }
        let (receiver, sender) = self.both(to);
        sender.is_alive
            && match segment {
                Segment::Content(content) => sender.acknowledged < content.end(),
                Segment::Syn | Segment::SynAck | Segment::Ack => !receiver.is_established,
                Segment::Reset | Segment::Probe | Segment::ProbeAnswer => false,
            }
    }

    /// A segment was lost each time that it was sent.
    pub(crate) fn give_up(&mut self, wire: &mut Wire, to: EndId, segment: &Segment) {
        match segment {
            Segment::Content(content) => self.time_out_data(wire, to, content.end()),
            // The acceptor has heard nothing of its dialer, which has a timer
            // of its own for the rest of the handshake.
            Segment::Ack => self.time_out_handshake(wire, to),
            _ => {}
        }
    }

    /// Ends the sender of data that was not acknowledged up to `end`.
    pub(crate) fn time_out_data(&mut self, wire: &mut Wire, to: EndId, end: u64) {
        if self.has(to) && self.end(to.other()).acknowledged < end {
            self.die(wire, to.other(), ErrorKind::TimedOut);
        }
    }

    /// A rule refuses a connection.
    pub(crate) fn refuse(&mut self, wire: &mut Wire, to: EndId) {
        if self.has(to) {
            self.die(wire, to.other(), ErrorKind::ConnectionRefused);
        }
    }

    /// A rule resets a connection, at both ends.
    pub(crate) fn break_off(&mut self, wire: &mut Wire, id: EndId) {
        for side in [DIALER, ACCEPTOR] {
            let id = EndId { side, ..id };
            if self.has(id) {
                self.die(wire, id, ErrorKind::ConnectionReset);
            }
        }
    }
}
