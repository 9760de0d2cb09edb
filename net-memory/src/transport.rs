//! The way of packets, from who sends them through the rules to who gets them.

use std::io::ErrorKind;
use std::sync::Arc;
use std::task::Waker;
use std::time::Duration;

use crate::connection::{ACCEPTOR, DIALER, EndId};
use crate::fault::Verdict;
use crate::lookup::Question;
use crate::packet::{Packet, PacketKind};
use crate::state::State;
use crate::trace::Fate;

/// What a packet carries, and to whom.
#[derive(Debug)]
pub(crate) enum Cargo {
    Stream {
        to: EndId,
        serial: u64,
        seq: u64,
        content: Option<Content>,
    },
    /// A datagram, and who sent it.
    Datagram {
        bytes: Box<[u8]>,
        sender: usize,
        serial: u64,
    },
    /// For who has sent a datagram.
    Unreachable { sender: usize, serial: u64 },
    /// For who asks for a name.
    Query(Arc<Question>),
}

/// A piece of a stream.
#[derive(Debug)]
pub(crate) enum Content {
    Bytes(Vec<u8>),
    End,
}

/// What is going to happen at a time.
#[derive(Debug)]
pub(crate) enum Transit {
    Arrive(Packet, Cargo),
    SendAgain(Packet, Cargo),
    GiveUp(Cargo),
    /// An end may have to ask whether the other is still there.
    Probe {
        id: EndId,
        serial: u64,
        setting: u64,
        is_asked: bool,
    },
    /// A rule resets a connection.
    Break {
        connection: usize,
        serial: u64,
    },
}

/// How often data is sent again before its connection is given up
/// (`tcp_retries2` of `man 7 tcp`), and a handshake (`tcp_syn_retries`).
const DATA_RETRIES: u32 = 15;
const HANDSHAKE_RETRIES: u32 = 6;
/// The time before data is sent again at first, and at most (RFC 6298).
const FIRST_DATA_RETRY: Duration = Duration::from_millis(200);
const FIRST_HANDSHAKE_RETRY: Duration = Duration::from_secs(1);
/// A resolver's usual patience (`man 5 resolv.conf`).
const QUERY_RETRY: Duration = Duration::from_secs(5);
const QUERY_RETRIES: u32 = 1;
const LONGEST_RETRY: Duration = Duration::from_secs(120);

impl State {
    /// Delivers what is due by now, in the order of the times.
    pub(crate) fn deliver_due(&mut self) {
        while let Some(transit) = self.queue.pop_due(self.now) {
            match transit {
                Transit::Arrive(packet, cargo) => self.arrive(&packet, cargo),
                Transit::SendAgain(packet, cargo) => {
                    if self.is_still_wanted(&cargo) {
                        self.send(packet, cargo);
                    }
                }
                Transit::GiveUp(cargo) => self.give_up(cargo),
                Transit::Probe {
                    id,
                    serial,
                    setting,
                    is_asked,
                } => self.probe(id, serial, setting, is_asked),
                Transit::Break { connection, serial } => self.break_off(connection, serial),
            }
        }
    }

    /// Sends a packet; the rules say what becomes of it.
    pub(crate) fn send(&mut self, packet: Packet, cargo: Cargo) {
        if self.rules.is_empty() {
            self.record(&packet, Fate::Arrived);
            self.arrive(&packet, cargo);
            return;
        }
        let connection = match &cargo {
            Cargo::Stream { serial, .. } => Some(*serial),
            _ => None,
        };
        let verdict = self
            .rules
            .judge(&packet, connection, self.now, &mut self.rng);
        match verdict {
            Verdict::Pass(delay) => self.forward(packet, cargo, delay),
            Verdict::Lost => {
                self.record(&packet, Fate::Lost);
                self.lose(packet, cargo);
            }
            Verdict::Held(rule) => {
                self.record(&packet, Fate::Held);
                if let Some(rule) = self.rules.get(rule) {
                    rule.held.push((packet, cargo));
                }
            }
            Verdict::Refused => {
                self.record(&packet, Fate::Refused);
                self.refuse(&packet, cargo);
            }
            Verdict::Reset { after, pass } => self.cut_short(packet, cargo, after, pass),
        }
    }

    fn forward(&mut self, packet: Packet, cargo: Cargo, delay: Duration) {
        if delay.is_zero() {
            self.record(&packet, Fate::Arrived);
            self.arrive(&packet, cargo);
        } else {
            self.record(&packet, Fate::Sent(delay));
            let at = self.now + delay;
            self.queue.push(at, Transit::Arrive(packet, cargo));
        }
    }

    /// Sends again later what must not get lost, or gives it up.
    pub(crate) fn lose(&mut self, mut packet: Packet, cargo: Cargo) {
        let (first, retries) = match packet.kind {
            PacketKind::Data | PacketKind::Fin => (FIRST_DATA_RETRY, DATA_RETRIES),
            PacketKind::Query => (QUERY_RETRY, QUERY_RETRIES),
            PacketKind::Syn | PacketKind::SynAck | PacketKind::Ack => {
                (FIRST_HANDSHAKE_RETRY, HANDSHAKE_RETRIES)
            }
            PacketKind::Reset
            | PacketKind::KeepAlive
            | PacketKind::Datagram
            | PacketKind::Unreachable => return,
        };
        let wait = first.saturating_mul(1 << packet.attempt).min(LONGEST_RETRY);
        let at = self.now + wait;
        if packet.attempt < retries {
            packet.attempt += 1;
            self.queue.push(at, Transit::SendAgain(packet, cargo));
        } else {
            self.queue.push(at, Transit::GiveUp(cargo));
        }
    }

    fn give_up(&mut self, cargo: Cargo) {
        match cargo {
            Cargo::Stream { to, serial, .. } if self.is_connection(to.connection, serial) => {
                self.die(to.other(), ErrorKind::TimedOut);
            }
            Cargo::Query(question) => question.answer(Err(ErrorKind::TimedOut), &mut self.woken),
            _ => {}
        }
    }

    fn refuse(&mut self, packet: &Packet, cargo: Cargo) {
        match cargo {
            Cargo::Stream { to, serial, .. } if self.is_connection(to.connection, serial) => {
                self.die(to.other(), ErrorKind::ConnectionRefused);
            }
            Cargo::Datagram { sender, serial, .. } => self.not_reached(packet, sender, serial),
            Cargo::Query(question) => question.answer(Err(ErrorKind::NotFound), &mut self.woken),
            _ => {}
        }
    }

    /// Lets so many bytes pass and resets the connection behind them.
    fn cut_short(&mut self, mut packet: Packet, mut cargo: Cargo, after: Duration, pass: usize) {
        self.record(&packet, Fate::Reset);
        let Cargo::Stream {
            to,
            serial,
            content,
            ..
        } = &mut cargo
        else {
            return;
        };
        let (connection, serial) = (to.connection, *serial);
        if let Some(Content::Bytes(bytes)) = content {
            bytes.truncate(pass);
            packet.len = pass;
        }
        if pass > 0 {
            self.forward(packet, cargo, after);
        }
        if after.is_zero() {
            self.break_off(connection, serial);
        } else {
            let at = self.now + after;
            self.queue.push(at, Transit::Break { connection, serial });
        }
    }

    fn break_off(&mut self, connection: usize, serial: u64) {
        if self.is_connection(connection, serial) {
            for side in [DIALER, ACCEPTOR] {
                self.die(EndId { connection, side }, ErrorKind::ConnectionReset);
            }
        }
    }

    pub(crate) fn is_connection(&self, index: usize, serial: u64) -> bool {
        let connection = self.connections.get(index);
        connection.is_some_and(|connection| connection.serial == serial)
    }

    fn is_still_wanted(&mut self, cargo: &Cargo) -> bool {
        match cargo {
            Cargo::Stream { to, serial, .. } => {
                self.is_connection(to.connection, *serial) && self.end(to.other()).is_alive
            }
            _ => true,
        }
    }

    fn arrive(&mut self, packet: &Packet, cargo: Cargo) {
        match cargo {
            Cargo::Stream {
                to,
                serial,
                seq,
                content,
            } => {
                if !self.is_connection(to.connection, serial) {
                    return;
                }
                match (packet.kind, content) {
                    (PacketKind::Reset, _) => self.take_reset(to),
                    (PacketKind::KeepAlive, _) => self.take_probe(to),
                    (_, Some(content)) => self.take_content(to, seq, content),
                    (PacketKind::Syn, _) => self.take_syn(packet, to),
                    (PacketKind::SynAck, _) => self.take_syn_ack(to),
                    (_, None) => self.take_ack(to),
                }
            }
            Cargo::Datagram {
                bytes,
                sender,
                serial,
            } => {
                self.take_datagram(packet, bytes, sender, serial);
            }
            Cargo::Unreachable { sender, serial } => self.take_unreachable(sender, serial),
            Cargo::Query(question) => {
                let found = self.hosts.lookup(&question.name);
                question.answer(Ok(found), &mut self.woken);
            }
        }
    }

    fn take_reset(&mut self, to: EndId) {
        let error = if self.end(to).is_established {
            ErrorKind::ConnectionReset
        } else {
            ErrorKind::ConnectionRefused
        };
        self.die(to, error);
    }

    fn take_syn_ack(&mut self, to: EndId) {
        if !self.end(to).is_owned || !self.end(to).is_alive {
            return;
        }
        self.end(to).is_established = true;
        let writer: Option<Waker> = self.end(to).writer.take();
        self.woken.extend(writer);
        self.signal(to, PacketKind::Ack);
        self.set_up_keepalive(to);
    }

    /// Ends a rule; what it held back goes on.
    pub(crate) fn end_rule(&mut self, id: u64) {
        let Some(rule) = self.rules.remove(id) else {
            return;
        };
        for (packet, cargo) in rule.held {
            if self.is_still_wanted(&cargo) {
                self.send(packet, cargo);
            }
        }
    }
}
