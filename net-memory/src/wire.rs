//! The way of packets from sender to receiver: through the rules, in order,
//! and in their time. It knows nothing of sockets.

pub(crate) mod cargo;
pub(crate) mod due;
pub(crate) mod latency;
pub(crate) mod packet;
pub(crate) mod queue;
pub(crate) mod retry;
pub(crate) mod rules;
pub(crate) mod selector;
pub(crate) mod trace;

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::task::Waker;
use std::time::Duration;

use rand::SeedableRng;
use rand::rngs::Xoshiro256PlusPlus;
use tokio::time::Instant;

use self::cargo::{Cargo, EndId, Segment};
use self::due::Due;
use self::packet::Packet;
use self::queue::Queue;
use self::retry::Retry;
use self::rules::{Rules, Verdict};
use self::trace::{Fate, Recorder};

/// What is on its way to the end of a connection.
#[derive(Debug)]
struct InFlight {
    packets: usize,
    last_at: Instant,
}

#[derive(Debug)]
pub(crate) struct Wire {
    pub(crate) rules: Rules,
    pub(crate) recorder: Recorder,
    /// Tasks to wake when the network's lock is free again.
    pub(crate) woken: Vec<Waker>,
    rng: Xoshiro256PlusPlus,
    started: Instant,
    now: Instant,
    /// What happens now, before anything that is later.
    immediate: VecDeque<Due>,
    queue: Queue<Due>,
    /// What a packet must not overtake, if anything.
    in_flight: HashMap<EndId, InFlight>,
}

impl Wire {
    pub(crate) fn new(seed: u64, trace_limit: usize) -> Self {
        let now = Instant::now();
        Wire {
            rules: Rules::default(),
            recorder: Recorder::new(trace_limit),
            woken: Vec::new(),
            rng: Xoshiro256PlusPlus::seed_from_u64(seed),
            started: now,
            now,
            immediate: VecDeque::new(),
            queue: Queue::default(),
            in_flight: HashMap::new(),
        }
    }

    pub(crate) fn set_now(&mut self, now: Instant) {
        self.now = now;
    }

    /// When something happens next that has not happened yet.
    pub(crate) fn next_at(&self) -> Option<Instant> {
        self.queue.next_at()
    }

    /// Takes the next thing that is due by now.
    pub(crate) fn pop_due(&mut self) -> Option<Due> {
        if let Some(due) = self.immediate.pop_front() {
            return Some(due);
        }
        let due = self.queue.pop_due(self.now)?;
        if let Due::Arrive(_, Cargo::Segment { to, .. }) = &due {
            self.landed(*to);
        }
        Some(due)
    }

    fn landed(&mut self, to: EndId) {
        if let Some(in_flight) = self.in_flight.get_mut(&to) {
            in_flight.packets -= 1;
            if in_flight.packets == 0 {
                self.in_flight.remove(&to);
            }
        }
    }

    /// The time after a duration, or what is as good as never.
    fn at(&self, wait: Duration) -> Instant {
        const NEVER: Duration = Duration::from_secs(1000 * 365 * 24 * 3600);
        let at = self.now.checked_add(wait);
        at.unwrap_or_else(|| self.now + NEVER)
    }

    pub(crate) fn after(&mut self, wait: Duration, due: Due) {
        if wait.is_zero() {
            self.immediate.push_back(due);
        } else {
            let at = self.at(wait);
            self.queue.push(at, due);
        }
    }

    pub(crate) fn record(&mut self, packet: &Packet, fate: Fate) {
        let at = self.now.saturating_duration_since(self.started);
        self.recorder.record(at, packet, fate);
    }

    /// Sends a packet; the rules decide what becomes of it. Returns whether it was
    /// lost.
    pub(crate) fn send(&mut self, packet: Packet, cargo: Cargo) -> bool {
        let connection = match &cargo {
            Cargo::Segment { to, .. } => Some(to.serial),
            _ => None,
        };
        let verdict = self
            .rules
            .judge(&packet, connection, self.now, &mut self.rng);
        match verdict {
            Verdict::Pass(delay) => self.forward(packet, cargo, delay),
            Verdict::Lost => {
                self.record(&packet, Fate::Lost);
                self.send_again(packet, cargo);
            }
            Verdict::Held(rule) => self.hold(packet, cargo, rule),
            Verdict::Refused => {
                self.record(&packet, Fate::Refused);
                self.after(Duration::ZERO, Due::Refused(packet, cargo));
            }
            Verdict::Reset { after, pass } => self.cut_short(packet, cargo, after, pass),
        }
        verdict == Verdict::Lost
    }

    /// Delivers a packet after its delay, and after those before it.
    fn forward(&mut self, packet: Packet, cargo: Cargo, delay: Duration) {
        let to = match &cargo {
            Cargo::Segment { to, .. } => Some(*to),
            _ => None,
        };
        let before = to.and_then(|to| self.in_flight.get(&to));
        if delay.is_zero() && before.is_none() {
            self.record(&packet, Fate::Arrived);
            self.after(Duration::ZERO, Due::Arrive(packet, cargo));
            return;
        }
        let at = self.at(delay);
        let at = before.map_or(at, |before| before.last_at.max(at));
        if let Some(to) = to {
            let in_flight = self.in_flight.entry(to).or_insert(InFlight {
                packets: 0,
                last_at: at,
            });
            in_flight.packets += 1;
            in_flight.last_at = at;
        }
        self.record(&packet, Fate::Sent(at - self.now));
        // Not as immediate, even if it is due now: it must not overtake.
        self.queue.push(at, Due::Arrive(packet, cargo));
    }

    /// Sends again later what must not get lost, a limited number of times.
    pub(crate) fn send_again(&mut self, mut packet: Packet, cargo: Cargo) {
        match retry::after_loss(&cargo, packet.attempt()) {
            Retry::After(wait) => {
                packet.attempt += 1;
                self.after(wait, Due::SendAgain(packet, cargo));
            }
            Retry::GiveUpAfter(wait) => self.after(wait, Due::GiveUp(cargo)),
            Retry::Never => {}
        }
    }

    /// Leaves a packet with a rule. Its sender waits no longer for an answer
    /// than it would if the packet were lost each time.
    fn hold(&mut self, packet: Packet, cargo: Cargo, rule: u64) {
        self.record(&packet, Fate::Held);
        let due = match &cargo {
            Cargo::Segment {
                to,
                segment: Segment::Content(content),
            } => Some(Due::Unacknowledged {
                to: *to,
                end: content.end(),
            }),
            Cargo::Query(question) => Some(Due::GiveUp(Cargo::Query(Arc::clone(question)))),
            _ => None,
        };
        if let Some(due) = due {
            self.after(retry::timeout(&cargo, packet.attempt()), due);
        }
        if let Some(rule) = self.rules.get(rule) {
            rule.held.push((packet, cargo));
        }
    }

    /// Lets `pass` bytes through and resets the connection behind them.
    fn cut_short(&mut self, mut packet: Packet, mut cargo: Cargo, after: Duration, pass: usize) {
        self.record(&packet, Fate::Reset);
        let Cargo::Segment { to, segment } = &mut cargo else {
            return;
        };
        let to = *to;
        segment.truncate(pass);
        packet.len = pass;
        if pass > 0 {
            self.forward(packet, cargo, after);
        }
        let at = self.at(after);
        let at = self
            .in_flight
            .get(&to)
            .map_or(at, |before| before.last_at.max(at));
        self.queue.push(at, Due::Break(to));
    }
}
