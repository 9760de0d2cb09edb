//! The reactor: one `poll_oneoff` for everything that tasks wait for.
//!
//! It is generic over [`Host`], so its rules, the handling of hosts' quirks
//! included, are tested on any machine against a scripted host.

use std::task::Waker;
use std::time::{Duration, Instant};

use crate::deadlines::Deadlines;
use crate::interests::Interests;
use crate::scan::Scan;
use crate::subscription::{CLOCK, Event, Subscription};

/// What the reactor needs of a host.
pub(crate) trait Host {
    fn now(&self) -> Instant;

    /// The timeout to ask for, to wait at least `wait`.
    fn timeout_for(&self, wait: Duration) -> Duration;

    /// The shortest time that is worth waiting for.
    fn shortest_wait(&self) -> Duration;

    /// The processor time of waiting and being woken, apart from what the
    /// number of subscriptions adds.
    fn wake_cost(&self) -> Duration;

    /// `poll_oneoff`: replaces `events` by what happened.
    ///
    /// # Errors
    ///
    /// The errno of the call itself.
    fn poll(&mut self, subscriptions: &[Subscription], events: &mut Vec<Event>) -> Result<(), u16>;
}

/// The first pause after a poll that ended early and told nothing.
const FIRST_PAUSE: Duration = Duration::from_millis(1);
/// A wait is at most this part of the time since anything ran, so that a timer
/// that the reactor cannot see is late by at most this part of its length.
const QUIET_PART: u32 = 8;
/// How long a wait may be while tasks may sleep unseen: so many times what it
/// costs, within these limits. It keeps idling at about 0.5 % of a core.
const UNSEEN_COST_FACTOR: u32 = 200;
/// What looking at the sockets costs in quiet times, against what was measured
/// of polls in a row: it happens when the wait begins and when it ends, each
/// time with nothing left in the processor's caches. Measured on wasi-go with
/// 1,000 sockets, with some room.
const QUIET_FACTOR: u32 = 12;
const UNSEEN_SHORTEST: Duration = Duration::from_millis(10);
const UNSEEN_LONGEST: Duration = Duration::from_millis(250);
/// From this wait on, it is worth knowing what a poll costs.
const WORTH_MEASURING: Duration = Duration::from_millis(8);
/// After this many setbacks in a row, the pause grows no more.
const SETBACKS_MAX: u32 = 4;

/// Whether a turn of the reactor may wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Patience {
    /// Look, and return at once.
    None,
    /// Wait for something to happen.
    Wait {
        /// Whether tasks may be sleeping on timers that the reactor does not
        /// know of and whose tasks it does not see run.
        unseen: bool,
    },
}

#[derive(Debug)]
pub(crate) struct Reactor<H> {
    host: H,
    pub(crate) interests: Interests,
    pub(crate) deadlines: Deadlines,
    events: Vec<Event>,
    scan: Scan,
    /// Something ran since the last turn.
    ran: bool,
    quiet_since: Instant,
    last_poll: Instant,
    /// Polls in a row that ended early and told nothing.
    setbacks: u32,
}

impl<H: Host> Reactor<H> {
    pub(crate) fn new(host: H) -> Self {
        let now = host.now();
        Reactor {
            host,
            interests: Interests::new(),
            deadlines: Deadlines::default(),
            events: Vec::new(),
            scan: Scan::new(now),
            ran: true,
            quiet_since: now,
            last_poll: now,
            setbacks: 0,
        }
    }

    /// Notes that something ran: waits are short again.
    pub(crate) fn note_activity(&mut self) {
        self.ran = true;
    }

    /// The time since sockets were last looked at.
    pub(crate) fn since_last_poll(&self) -> Duration {
        self.host.now().saturating_duration_since(self.last_poll)
    }

    /// Looks for what has happened, waiting if there is patience for it, and
    /// moves the tasks to wake into `woken`.
    pub(crate) fn turn(&mut self, patience: Patience, woken: &mut Vec<Waker>) {
        let now = self.host.now();
        if std::mem::take(&mut self.ran) {
            self.quiet_since = now;
        }
        self.deadlines.expire(now, woken);
        let wait = match patience {
            Patience::Wait { unseen } if woken.is_empty() => self.longest_wait(now, unseen),
            _ => Duration::ZERO,
        };
        self.look(now, wait, woken);
        let after = self.host.now();
        self.last_poll = after;
        self.deadlines.expire(after, woken);
        self.ran = !woken.is_empty();
    }

    /// How long nothing need be looked at, if no socket becomes ready.
    fn longest_wait(&self, now: Instant, unseen: bool) -> Duration {
        let quiet = now.saturating_duration_since(self.quiet_since);
        let mut wait = (quiet / QUIET_PART).max(self.host.shortest_wait());
        if unseen {
            let cost = self.scan.cost() * QUIET_FACTOR + self.host.wake_cost();
            let affordable = cost * UNSEEN_COST_FACTOR;
            wait = wait.min(affordable.clamp(UNSEEN_SHORTEST, UNSEEN_LONGEST));
        }
        wait.min(self.until_deadline(now))
    }

    fn until_deadline(&self, now: Instant) -> Duration {
        self.deadlines
            .next()
            .map_or(Duration::MAX, |at| at.saturating_duration_since(now))
    }

    /// Polls what is due, and at least what is hot.
    fn look(&mut self, now: Instant, wait: Duration, woken: &mut Vec<Waker>) {
        let mut wait = wait;
        if self.setbacks > 0 && !wait.is_zero() {
            // Longer than the wait, if need be: tasks that were woken in vain
            // make waits short.
            let pause = FIRST_PAUSE * (1 << (self.setbacks - 1));
            let pause = pause.min(self.until_deadline(now));
            self.pause(pause);
            wait = wait.saturating_sub(pause);
        }
        let count = self.interests.len();
        let measure = Scan::is_worthwhile(count) || wait >= WORTH_MEASURING;
        if measure && self.scan.is_outdated(count) {
            self.measure(count, woken);
            if !woken.is_empty() {
                return;
            }
        }
        let until_due = self.scan.until_due(count, now);
        if until_due.is_zero() || self.interests.hot() == 0 {
            self.poll(true, wait, woken);
            self.scan.done(self.host.now());
        } else {
            // The cold ones are looked at soon, so this wait is short.
            self.poll(false, wait.min(until_due), woken);
        }
    }

    /// Polls before there are sockets: to know what that costs, and because
    /// WasmEdge needs two of the system's descriptors for its poller, and fails
    /// every poll if it cannot get them.
    pub(crate) fn warm_up(&mut self, woken: &mut Vec<Waker>) {
        let cost = self.time_polls(woken);
        if self.interests.len() == 0 {
            self.scan.measured_empty(cost);
        }
    }

    /// Learns what a poll of everything costs.
    fn measure(&mut self, count: usize, woken: &mut Vec<Waker>) {
        let cost = self.time_polls(woken);
        self.scan.measured(count, cost, self.host.now());
    }

    /// The time of a poll of everything. The first may have sockets to register
    /// with the host, any may be disturbed: the best of three counts.
    fn time_polls(&mut self, woken: &mut Vec<Waker>) -> Duration {
        let mut best = Duration::MAX;
        for _ in 0..3 {
            let start = self.host.now();
            self.poll(true, Duration::ZERO, woken);
            best = best.min(self.host.now().saturating_duration_since(start));
        }
        best
    }

    /// One poll, of everything or of the hot interests.
    fn poll(&mut self, all: bool, wait: Duration, woken: &mut Vec<Waker>) {
        let clock = Subscription::clock(self.host.timeout_for(wait));
        let subscriptions = self.interests.subscriptions(all, clock);
        let outcome = self.host.poll(subscriptions, &mut self.events);
        if all {
            self.interests.cool();
        }
        let mut told = false;
        let mut failed = outcome.is_err();
        let events = if failed { &[] } else { &self.events[..] };
        let mut timed_out = false;
        for event in events {
            let error = event.errno() != 0;
            failed |= error;
            if event.userdata() == CLOCK {
                timed_out |= !error;
            } else {
                // An error is no reason to wait on: the operation itself will
                // tell it, or that there is none.
                told |= !error;
                self.interests.fire(event.userdata(), woken);
            }
        }
        if failed || !(told || timed_out) {
            // The reason may stay, so the next turn pauses and does not spin.
            self.setbacks = (self.setbacks + 1).min(SETBACKS_MAX);
            if !told {
                self.interests.fire_suspects(woken);
            }
        } else if told || !wait.is_zero() {
            self.setbacks = 0;
        }
    }

    /// Waits without looking at any socket.
    fn pause(&mut self, pause: Duration) {
        let clock = Subscription::clock(self.host.timeout_for(pause));
        // A host that cannot even wait has nothing to say here: the poll that
        // follows tells.
        let _ = self.host.poll(&[clock], &mut self.events);
    }
}

#[cfg(test)]
mod tests;
