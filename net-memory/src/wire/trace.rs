use std::collections::VecDeque;
use std::fmt;
use std::time::Duration;

use super::packet::Packet;

/// What happened to a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fate {
    /// It arrived at once.
    Arrived,
    /// It was sent, and arrives after this delay.
    Sent(Duration),
    /// A rule lost it.
    Lost,
    /// A rule holds it.
    Held,
    /// A rule refused it.
    Refused,
    /// A rule reset its connection.
    Reset,
    /// It was dropped at a full backlog or receive buffer.
    NoRoom,
}

/// An entry of a [`Trace`]: a packet, and what happened to it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Event {
    /// The time since the network was created.
    pub at: Duration,
    /// The packet.
    pub packet: Packet,
    /// What happened to the packet.
    pub fate: Fate,
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.at.as_secs();
        write!(
            f,
            "{seconds:>4}.{:06} {}",
            self.at.subsec_micros(),
            self.packet
        )?;
        match self.fate {
            Fate::Arrived => Ok(()),
            Fate::Sent(delay) => write!(f, ", takes {delay:?}"),
            Fate::Lost => f.write_str(", lost"),
            Fate::Held => f.write_str(", held"),
            Fate::Refused => f.write_str(", refused"),
            Fate::Reset => f.write_str(", connection reset"),
            Fate::NoRoom => f.write_str(", no room"),
        }
    }
}

/// The last packets of a network, to be printed or inspected.
///
/// ```text
/// seed 7, 5 packets
///    0.000000 client 10.0.0.2:49152 > server 10.0.0.1:80 tcp syn, takes 30ms
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace {
    pub(crate) seed: u64,
    pub(crate) forgotten: u64,
    pub(crate) events: Vec<Event>,
}

impl Trace {
    /// Returns the seed of the network.
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// Returns the packets that are kept, the oldest first.
    #[must_use]
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// Returns the number of older packets that are no longer kept.
    #[must_use]
    pub fn forgotten(&self) -> u64 {
        self.forgotten
    }
}

impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let total = self.forgotten + self.events.len() as u64;
        writeln!(f, "seed {}, {total} packets", self.seed)?;
        if self.forgotten > 0 {
            writeln!(f, "     ... {} earlier packets", self.forgotten)?;
        }
        self.events
            .iter()
            .try_for_each(|event| writeln!(f, "{event}"))
    }
}

/// Keeps the last packets of a network.
#[derive(Debug)]
pub(crate) struct Recorder {
    limit: usize,
    forgotten: u64,
    events: VecDeque<Event>,
}

impl Recorder {
    pub(crate) fn new(limit: usize) -> Self {
        Recorder {
            limit,
            forgotten: 0,
            events: VecDeque::new(),
        }
    }

    pub(crate) fn set_limit(&mut self, limit: usize) {
        self.limit = limit;
        let surplus = self.events.len().saturating_sub(limit);
        self.events.drain(..surplus);
        self.forgotten += surplus as u64;
    }

    pub(crate) fn record(&mut self, at: Duration, packet: &Packet, fate: Fate) {
        if self.events.len() >= self.limit {
            self.forgotten += 1;
            if self.events.pop_front().is_none() {
                return;
            }
        }
        self.events.push_back(Event {
            at,
            packet: packet.clone(),
            fate,
        });
    }

    pub(crate) fn trace(&self, seed: u64) -> Trace {
        Trace {
            seed,
            forgotten: self.forgotten,
            events: self.events.iter().cloned().collect(),
        }
    }
}
