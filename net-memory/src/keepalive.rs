//! Keep-alive: probes that find out whether the other end is still there
//! (RFC 9293 §3.8.4, `man 7 tcp`).
//!
//! A probe is sent after each idle time, whether or not there was traffic:
//! programs see no difference.

use std::io::ErrorKind;
use std::time::Duration;

use net_traits::KeepAlive;

use crate::connection::EndId;
use crate::packet::{PacketKind, Protocol};
use crate::state::State;
use crate::transport::Transit;

/// What a system does that was told no times (`man 7 tcp`).
const IDLE: Duration = Duration::from_secs(2 * 60 * 60);
const INTERVAL: Duration = Duration::from_secs(75);
const COUNT: u32 = 9;

/// The probes of an end.
#[derive(Debug, Default)]
pub(crate) struct Probes {
    /// A timer of an earlier setting means nothing any more.
    setting: u64,
    unanswered: u32,
}

/// The times that were set, and the usual ones instead of those that were not.
pub(crate) fn complete(times: KeepAlive) -> KeepAlive {
    times
        .idle(times.idle.unwrap_or(IDLE))
        .interval(times.interval.unwrap_or(INTERVAL))
        .count(times.count.unwrap_or(COUNT))
}

impl State {
    /// Begins to probe, or ends it, as the option says now.
    pub(crate) fn set_up_keepalive(&mut self, id: EndId) {
        let end = self.end(id);
        end.probes.setting += 1;
        end.probes.unanswered = 0;
        let is_probed = end.is_established && end.flow.protocol == Protocol::Tcp;
        if let Some(times) = end.options.keepalive.filter(|_| is_probed) {
            self.probe_after(id, times.idle.unwrap_or(IDLE), false);
        }
    }

    fn probe_after(&mut self, id: EndId, wait: Duration, is_asked: bool) {
        let serial = self.connections[id.connection].serial;
        let setting = self.end(id).probes.setting;
        let probe = Transit::Probe {
            id,
            serial,
            setting,
            is_asked,
        };
        let at = self.now + wait;
        self.queue.push(at, probe);
    }

    /// It is time to probe. If a probe is under way, `is_asked`.
    pub(crate) fn probe(&mut self, id: EndId, serial: u64, setting: u64, is_asked: bool) {
        if !self.is_connection(id.connection, serial) || !self.end(id).is_owned {
            return;
        }
        let end = self.end(id);
        let Some(times) = end.options.keepalive else {
            return;
        };
        if !end.is_alive || end.probes.setting != setting {
            return;
        }
        if is_asked && end.probes.unanswered == 0 {
            self.probe_after(id, times.idle.unwrap_or(IDLE), false);
        } else if end.probes.unanswered >= times.count.unwrap_or(COUNT) {
            self.die(id, ErrorKind::TimedOut);
        } else {
            end.probes.unanswered += 1;
            self.signal(id, PacketKind::KeepAlive);
            self.probe_after(id, times.interval.unwrap_or(INTERVAL), true);
        }
    }

    /// A probe arrives.
    pub(crate) fn take_probe(&mut self, to: EndId) {
        let is_alive = self.end(to).is_alive;
        self.signal(
            to,
            if is_alive {
                PacketKind::Ack
            } else {
                PacketKind::Reset
            },
        );
    }

    /// The other end was heard.
    pub(crate) fn end_probe(&mut self, id: EndId) {
        self.end(id).probes.unanswered = 0;
    }
}
