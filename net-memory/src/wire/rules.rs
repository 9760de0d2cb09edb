//! What rules do to packets.

use std::collections::HashMap;
use std::time::Duration;

use rand::RngExt;
use rand::rngs::Xoshiro256PlusPlus;
use tokio::time::Instant;

use super::cargo::Cargo;
use super::latency::Latency;
use super::packet::{Packet, PacketKind, Protocol};
use super::selector::Selector;

/// What a rule does to the packets that it applies to.
#[derive(Debug)]
pub(crate) enum Fault {
    Latency(Latency),
    /// Bytes a second, and when the last of what was sent so far is through.
    Bandwidth {
        rate: u64,
        free_at: Option<Instant>,
    },
    Loss(f64),
    /// Delays some datagrams, so that later ones pass them.
    Reorder {
        probability: f64,
        by: Duration,
    },
    /// Loses only the `n`-th packet, counted from 1.
    LoseNth(u64),
    Stall,
    Refuse,
    /// How many bytes of each connection may pass, and how many have, by the
    /// connection's serial number.
    ResetAfter {
        limit: u64,
        passed: HashMap<u64, u64>,
    },
}

/// A fault, the packets that it applies to, and those that it holds.
#[derive(Debug)]
pub(crate) struct ActiveRule {
    pub(crate) id: u64,
    pub(crate) selector: Selector,
    pub(crate) fault: Fault,
    pub(crate) hits: u64,
    pub(crate) held: Vec<(Packet, Cargo)>,
}

/// What all rules together decide about a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It arrives after this time.
    Pass(Duration),
    Lost,
    /// The rule of this identity holds it.
    Held(u64),
    Refused,
    /// `pass` bytes still arrive, then the connection is reset.
    Reset {
        after: Duration,
        pass: usize,
    },
}

/// All rules that are in force, in the order in which they were made.
#[derive(Debug, Default)]
pub(crate) struct Rules {
    list: Vec<ActiveRule>,
    next_id: u64,
}

impl Rules {
    pub(crate) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    pub(crate) fn add(&mut self, selector: Selector, fault: Fault) -> u64 {
        self.next_id += 1;
        self.list.push(ActiveRule {
            id: self.next_id,
            selector,
            fault,
            hits: 0,
            held: Vec::new(),
        });
        self.next_id
    }

    /// Removes a rule, and returns it with the packets that it held.
    pub(crate) fn remove(&mut self, id: u64) -> Option<ActiveRule> {
        let index = self.list.iter().position(|rule| rule.id == id)?;
        Some(self.list.remove(index))
    }

    pub(crate) fn get(&mut self, id: u64) -> Option<&mut ActiveRule> {
        self.list.iter_mut().find(|rule| rule.id == id)
    }

    /// Applies each rule in turn. Delays add up; the first rule that stops the
    /// packet is the last to be applied.
    pub(crate) fn judge(
        &mut self,
        packet: &Packet,
        connection: Option<u64>,
        now: Instant,
        rng: &mut Xoshiro256PlusPlus,
    ) -> Verdict {
        let mut delay = Duration::ZERO;
        for rule in &mut self.list {
            if !rule.fault.concerns(packet) || !rule.selector.selects(packet) {
                continue;
            }
            rule.hits += 1;
            match rule.apply(packet, connection, now, rng) {
                Verdict::Pass(more) => delay = delay.saturating_add(more),
                Verdict::Reset { pass, .. } => return Verdict::Reset { after: delay, pass },
                stopped => return stopped,
            }
        }
        Verdict::Pass(delay)
    }

    /// Whether a rule stops every packet like this one, without counting it.
    pub(crate) fn stop_all(&self, packet: &Packet) -> bool {
        self.list.iter().any(|rule| {
            rule.fault.stops_all() && rule.fault.concerns(packet) && rule.selector.selects(packet)
        })
    }
}

impl Fault {
    fn stops_all(&self) -> bool {
        match self {
            Fault::Loss(probability) => *probability >= 1.0,
            Fault::Stall => true,
            _ => false,
        }
    }

    fn concerns(&self, packet: &Packet) -> bool {
        match self {
            Fault::Reorder { .. } => packet.kind() == PacketKind::Datagram,
            Fault::Refuse => matches!(
                packet.kind(),
                PacketKind::Syn | PacketKind::Datagram | PacketKind::Query
            ),
            Fault::ResetAfter { .. } => packet.kind() == PacketKind::Data,
            // Nothing gets lost between two paths of a host.
            Fault::Loss(_) | Fault::LoseNth(_) => {
                packet.protocol() != Protocol::Unix || packet.kind() == PacketKind::Datagram
            }
            _ => true,
        }
    }
}

impl ActiveRule {
    fn apply(
        &mut self,
        packet: &Packet,
        connection: Option<u64>,
        now: Instant,
        rng: &mut Xoshiro256PlusPlus,
    ) -> Verdict {
        match &mut self.fault {
            Fault::Latency(latency) => Verdict::Pass(latency.sample(rng)),
            Fault::Bandwidth { rate, free_at } => {
                let start = free_at.map_or(now, |free_at| free_at.max(now));
                let end = start + time_for(packet.len(), *rate);
                *free_at = Some(end);
                Verdict::Pass(end - now)
            }
            Fault::Loss(probability) if rng.random_bool(*probability) => Verdict::Lost,
            Fault::LoseNth(number) if self.hits == *number => Verdict::Lost,
            Fault::Loss(_) | Fault::LoseNth(_) => Verdict::Pass(Duration::ZERO),
            Fault::Reorder { probability, by } => {
                let late = rng.random_bool(*probability);
                Verdict::Pass(if late { *by } else { Duration::ZERO })
            }
            Fault::Stall => Verdict::Held(self.id),
            Fault::Refuse => Verdict::Refused,
            Fault::ResetAfter { limit, passed } => {
                let passed = passed.entry(connection.unwrap_or_default()).or_default();
                let left = limit.saturating_sub(*passed);
                *passed += packet.len() as u64;
                match usize::try_from(left) {
                    Ok(pass) if pass < packet.len() => Verdict::Reset {
                        after: Duration::ZERO,
                        pass,
                    },
                    _ => Verdict::Pass(Duration::ZERO),
                }
            }
        }
    }
}

fn time_for(bytes: usize, rate: u64) -> Duration {
    let nanoseconds = bytes as u128 * 1_000_000_000 / u128::from(rate.max(1));
    Duration::from_nanos(u64::try_from(nanoseconds).unwrap_or(u64::MAX))
}
