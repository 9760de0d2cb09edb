//! Keep-alive: probes that find out whether the other end is still there
//! (RFC 9293 §3.8.4, `man 7 tcp`).
//!
//! A probe is sent after each idle time, whether or not there was traffic:
//! programs see no difference.

use std::io::ErrorKind;
use std::time::Duration;

use super::table::Connections;
use crate::wire::Wire;
use crate::wire::cargo::{EndId, Segment};
use crate::wire::due::Due;
use crate::wire::packet::Protocol;

impl Connections {
    /// Starts to probe, or stops, as the option of the end says now.
    pub(crate) fn set_up_keepalive(&mut self, wire: &mut Wire, id: EndId) {
        let end = self.end(id);
        end.probes.setting += 1;
        end.probes.unanswered = 0;
        let is_probed = end.is_established && end.flow.protocol == Protocol::Tcp;
        if let Some(times) = end.options.keepalive.filter(|_| is_probed) {
            self.probe_after(wire, id, times.idle, false);
        }
    }

    fn probe_after(&mut self, wire: &mut Wire, id: EndId, wait: Duration, is_asked: bool) {
        let setting = self.end(id).probes.setting;
        let probe = Due::Probe {
            id,
            setting,
            is_asked,
        };
        wire.after(wait, probe);
    }

    /// It is time to probe. If a probe is under way, `is_asked`.
    pub(crate) fn probe(&mut self, wire: &mut Wire, id: EndId, setting: u64, is_asked: bool) {
        if !self.has(id) || !self.end(id).is_open() {
            return;
        }
        let end = self.end(id);
        let Some(times) = end.options.keepalive else {
            return;
        };
        if end.probes.setting != setting {
            return;
        }
        if is_asked && end.probes.unanswered == 0 {
            self.probe_after(wire, id, times.idle, false);
        } else if end.probes.unanswered >= times.count {
            self.die(wire, id, ErrorKind::TimedOut);
        } else {
            end.probes.unanswered += 1;
            self.send(wire, id, Segment::Probe);
            self.probe_after(wire, id, times.interval, true);
        }
    }

    /// A probe arrives.
    pub(crate) fn take_probe(&mut self, wire: &mut Wire, to: EndId) {
        let answer = if self.end(to).is_alive {
            Segment::ProbeAnswer
        } else {
            Segment::Reset
        };
        self.send(wire, to, answer);
    }

    /// Something arrives: the other end is there.
    pub(crate) fn end_probe(&mut self, id: EndId) {
        self.end(id).probes.unanswered = 0;
    }
}
