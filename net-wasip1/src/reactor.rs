//! The reactor: one `poll_oneoff` for everything that tasks wait for.
//!
//! It is generic over [`Host`], so its rules, the workarounds for hosts'
//! quirks included, are tested on any machine against a scripted host.
//!
//! # From tokio's park to the host and back
//!
//! ```text
//! tokio               runtime               reactor                  host
//!   │ no task can run    │                     │                       │
//!   ├── on_thread_park ─►│                     │                       │
//!   │                    ├── turn ────────────►│ expires deadlines     │
//!   │                    │                     ├── poll_oneoff ───────►│ blocks until an
//!   │                    │                     │◄──────────── events ──┤ event or the clock
//!   │                    │◄── wakers ──────────┤ expires deadlines     │
//!   │◄── wakes tasks ────┤                     │                       │
//!   │◄── wakes the root ─┤                     │                       │
//!   │ parks for no time: its own due timers fire                       │
//!   │ runs the tasks: each tries its operation ───────────────────────►│
//!   │                    │   would block:      │◄────────────── EAGAIN ┤
//!   │                    │   wait ────────────►│ adds an interest      │
//! ```
//!
//! - A *turn* is one call of the reactor. It ends with the wakers to wake.
//! - A *poll* is one `poll_oneoff`. A turn makes one, rarely more.
//! - A *scan* is a poll of every interest that does not block. Between two
//!   scans, a busy program with many connections polls only its *hot*
//!   interests, those that were added since.
//!
//! # What it promises
//!
//! Fairness:
//!
//! - While tasks can always run, sockets are polled about once in 1 ms.
//! - Every operation uses up the task's cooperative budget, whether it succeeds
//!   or fails, so a loop over one lets others run.
//! - An idle socket beside busy ones is polled at least once in 50 ms; below
//!   that, scans take at most an eighth of the time.
//! - A socket that ends polls without an event (WasmEdge) delays its own task
//!   alone: that one may be late like a timer of tokio.
//! - Polls that fail are followed by a pause of 1 to 8 ms, and do not spin.
//!
//! Lateness, beyond the resolution of the host's clock:
//!
//! - A deadline of `net::time` is not late.
//! - A timer of `tokio::time` is late by at most an eighth of its length, or
//!   1 ms if that is more, in main and in tasks of `net::spawn`.
//! - In a task of plain `tokio::spawn` that does nothing but sleep, it is late
//!   by at most 200 times the cost of a wake-up, or 10 ms if that is more.
//! - No timer is ever late by more than 1 s.
//!
//! Idle cost:
//!
//! - A program in which nothing happens wakes up once in 1 s.
//! - If it has tasks of plain `tokio::spawn`, it wakes up more often, at about
//!   0.5 % of a core. That needs a wake-up to cost less than 5 ms, which is
//!   some 2,000 connections on WasmEdge and wasi-go; beyond, the 1 s counts.

use std::task::Waker;
use std::time::{Duration, Instant};

use crate::deadlines::Deadlines;
use crate::interests::{Interests, Key, Scope};
use crate::poll_cost::PollCost;
use crate::subscription::{CLOCK, Direction, Event, Subscription};

/// What the reactor needs of a host.
pub(crate) trait Host {
    fn now(&self) -> Instant;

    /// The timeout to ask for, to wait for `wait`, a multiple of the
    /// [`granularity`](Host::granularity).
    fn timeout_for(&self, wait: Duration) -> Duration;

    /// The unit of the time that the host waits.
    fn granularity(&self) -> Duration;

    /// The processor time of a wake-up that cannot be measured here.
    fn wake_cost(&self) -> Duration;

    /// `poll_oneoff`: replaces `events` with what happened.
    ///
    /// # Errors
    ///
    /// Returns the errno of the call itself.
    fn poll(&mut self, subscriptions: &[Subscription], events: &mut Vec<Event>) -> Result<(), u16>;
}

/// Timers of tokio have whole milliseconds, on a clock whose start is unknown:
/// two polls in each keep them from being late by much more.
const SHORTEST_WAIT: Duration = Duration::from_micros(500);
/// No timer is later than this.
const LONGEST_WAIT: Duration = Duration::from_secs(1);
/// A wait is at most this part of the time since anything ran, so that a timer
/// that the reactor cannot see is late by at most this part of its length.
const QUIET_PART: u32 = 8;
/// While tasks may sleep unseen, a wait is at most this many times what a
/// wake-up costs: 0.5 % of a core.
const UNSEEN_COST_FACTOR: u32 = 200;
const UNSEEN_SHORTEST: Duration = Duration::from_millis(10);
/// The first pause after a poll that failed; it doubles with each in a row.
const FIRST_PAUSE: Duration = Duration::from_millis(1);
const FAILURES_MAX: u32 = 4;
/// Up to this many interests, all are polled each time.
const FEW: usize = 64;
/// The timeout of a poll that shows whether a socket ends it without an event: long
/// enough for the host to see the socket before the clock.
const PROBE: Duration = Duration::from_micros(100);
/// At most this many probes in a turn; a search for one socket needs fewer.
const PROBES_MAX: usize = 64;

/// Whether a turn may block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Blocking {
    Never,
    UntilEvent {
        /// Whether there may be tasks that sleep on timers unknown to the
        /// reactor and that it does not see run.
        unseen_tasks: bool,
    },
}

/// What a poll reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Events,
    TimedOut,
    /// It ended early and named no socket.
    Nameless,
    Failed,
}

#[derive(Debug)]
pub(crate) struct Reactor<H> {
    host: H,
    pub(crate) interests: Interests,
    pub(crate) deadlines: Deadlines,
    events: Vec<Event>,
    cost: PollCost,
    /// Something ran since the last turn.
    ran: bool,
    quiet_since: Instant,
    last_poll: Instant,
    /// Polls in a row that failed.
    failures: u32,
}

impl<H: Host> Reactor<H> {
    pub(crate) fn new(host: H) -> Self {
        let now = host.now();
        Reactor {
            host,
            interests: Interests::new(),
            deadlines: Deadlines::default(),
            events: Vec::new(),
            cost: PollCost::new(now),
            ran: true,
            quiet_since: now,
            last_poll: now,
            failures: 0,
        }
    }

    /// Notes that something ran: waits are short again.
    pub(crate) fn note_activity(&mut self) {
        self.ran = true;
    }

    /// Adds a task to those that wait for a socket. Returns wakers to wake, as
    /// [`Interests::wait`] does.
    #[must_use]
    pub(crate) fn wait(&mut self, key: Key, direction: Direction, waker: &Waker) -> Vec<Waker> {
        self.note_activity();
        self.interests.wait(key, direction, waker)
    }

    /// Returns the time since the last poll.
    pub(crate) fn since_last_poll(&self) -> Duration {
        self.host.now().saturating_duration_since(self.last_poll)
    }

    /// Polls the clock alone, before there are sockets: WasmEdge needs two of
    /// the system's descriptors for its poller, and fails every poll if it
    /// cannot get them.
    pub(crate) fn warm_up(&mut self) {
        self.sleep(Duration::ZERO);
    }

    /// Polls for what has happened, and moves the wakers of the tasks that can
    /// go on into `woken`.
    pub(crate) fn turn(&mut self, blocking: Blocking, woken: &mut Vec<Waker>) {
        let now = self.host.now();
        if std::mem::take(&mut self.ran) {
            self.quiet_since = now;
        }
        self.deadlines.expire(now, woken);
        let wait = match blocking {
            Blocking::UntilEvent { unseen_tasks } if woken.is_empty() => {
                self.longest_wait(now, unseen_tasks)
            }
            _ => Duration::ZERO,
        };
        let scope = self.poll_due(now, wait, woken);
        let after = self.host.now();
        if scope == Scope::All && !self.interests.has_quarantined() {
            self.cost.polled_all(after);
        }
        self.last_poll = after;
        self.deadlines.expire(after, woken);
        self.ran = !woken.is_empty();
    }

    /// Returns how long to wait if no socket becomes ready.
    fn longest_wait(&self, now: Instant, unseen_tasks: bool) -> Duration {
        let quiet = now.saturating_duration_since(self.quiet_since);
        let mut wait = (quiet / QUIET_PART).clamp(self.shortest_wait(), LONGEST_WAIT);
        if unseen_tasks {
            let cost = self.cost.of_wake_up() + self.host.wake_cost();
            wait = wait.min((cost * UNSEEN_COST_FACTOR).max(UNSEEN_SHORTEST));
        }
        wait.min(self.until_deadline(now))
    }

    fn shortest_wait(&self) -> Duration {
        SHORTEST_WAIT.max(self.host.granularity())
    }

    fn until_deadline(&self, now: Instant) -> Duration {
        self.deadlines
            .next()
            .map_or(Duration::MAX, |at| at.saturating_duration_since(now))
    }

    /// Polls the interests whose turn it is, and returns which.
    fn poll_due(&mut self, now: Instant, mut wait: Duration, woken: &mut Vec<Waker>) -> Scope {
        if self.failures > 0 && !wait.is_zero() {
            // Longer than the wait, if need be: tasks that were woken for
            // nothing make waits short.
            let pause = FIRST_PAUSE * (1 << (self.failures - 1));
            let pause = pause.min(self.until_deadline(now));
            self.sleep(pause);
            wait = wait.saturating_sub(pause);
        }
        let only_hot = self.interests.len() > FEW && self.interests.hot() > 0;
        let until_scan = self.cost.until_scan(now);
        if only_hot && !until_scan.is_zero() {
            return self.poll(Scope::Hot, wait.min(until_scan), woken);
        }
        let retry = self.interests.has_quarantined() && until_scan.is_zero();
        let measure = wait > self.shortest_wait() && self.cost.is_outdated();
        if only_hot || retry || measure {
            self.scan(woken);
            if !woken.is_empty() {
                return Scope::WithQuarantine;
            }
        }
        self.poll(Scope::All, wait, woken)
    }

    /// Polls everything without blocking, and measures what that costs.
    fn scan(&mut self, woken: &mut Vec<Waker>) {
        let start = self.host.now();
        self.poll(Scope::WithQuarantine, Duration::ZERO, woken);
        if !woken.is_empty() {
            // WasmEdge removes from its poller what a poll does not list. The
            // program stays busy, so that is a part of what a scan costs.
            self.sleep(Duration::ZERO);
        }
        self.cost.scanned(start, self.host.now(), woken.is_empty());
    }

    fn poll(&mut self, scope: Scope, wait: Duration, woken: &mut Vec<Waker>) -> Scope {
        let wait = rounded_up(wait, self.host.granularity());
        let is_long = scope == Scope::All && wait > self.shortest_wait();
        let start = is_long.then(|| self.host.now());
        let clock = Subscription::clock(self.host.timeout_for(wait));
        let subscriptions = self.interests.subscriptions(scope, clock);
        let result = self.host.poll(subscriptions, &mut self.events);
        let outcome = self.dispatch(result, woken);
        match outcome {
            Outcome::Events => self.failures = 0,
            Outcome::TimedOut if wait.is_zero() => {}
            Outcome::TimedOut => {
                self.failures = 0;
                if let Some(start) = start {
                    let took = self.host.now().saturating_duration_since(start);
                    self.cost.waited(wait, took);
                }
            }
            Outcome::Nameless if !wait.is_zero() && self.quarantine_culprits(scope, woken) => {}
            Outcome::Nameless => {
                self.count_failure();
                self.interests.fire_suspects(woken);
            }
            Outcome::Failed => {
                self.count_failure();
                if result.is_err() {
                    self.interests.fire_all(woken);
                }
            }
        }
        if scope != Scope::Hot {
            self.interests.cool();
        }
        scope
    }

    /// Fires the interests that the events name.
    fn dispatch(&mut self, result: Result<(), u16>, woken: &mut Vec<Waker>) -> Outcome {
        if result.is_err() {
            return Outcome::Failed;
        }
        let mut outcome = Outcome::Nameless;
        for event in &self.events {
            let is_clock = event.userdata() == CLOCK;
            if !is_clock {
                // The operation itself reports an error, or that there is none.
                self.interests.fire(event.userdata(), woken);
            }
            outcome = match (outcome, event.errno()) {
                (Outcome::Failed, _) | (_, 1..) => Outcome::Failed,
                (Outcome::Nameless, 0) if is_clock => Outcome::TimedOut,
                (outcome, 0) if is_clock => outcome,
                (_, 0) => Outcome::Events,
            };
        }
        outcome
    }

    /// The reason may stay, so the next turn pauses and does not spin.
    fn count_failure(&mut self) {
        self.failures = (self.failures + 1).min(FAILURES_MAX);
    }

    /// Finds the interests that end polls without an event, by halves, and
    /// quarantines them. Returns whether any task can go on.
    ///
    /// On WasmEdge, a write that waits ends every poll once the peer has closed
    /// its own direction, and so does a pending error of a datagram socket.
    fn quarantine_culprits(&mut self, scope: Scope, woken: &mut Vec<Waker>) -> bool {
        let mut groups = vec![self.interests.suspects(scope)];
        for _ in 0..PROBES_MAX {
            let Some(mut group) = groups.pop() else {
                break;
            };
            if !self.is_nameless(&group, woken) {
                continue;
            }
            if let [culprit] = group[..] {
                self.interests.quarantine(culprit.userdata(), woken);
            } else {
                let half = group.split_off(group.len() / 2);
                groups.extend([group, half]);
            }
        }
        !woken.is_empty()
    }

    /// Polls a group, and returns whether that ends early without an event.
    fn is_nameless(&mut self, group: &[Subscription], woken: &mut Vec<Waker>) -> bool {
        if group.is_empty() {
            return false;
        }
        let clock = Subscription::clock(self.host.timeout_for(PROBE));
        let subscriptions = [&[clock], group].concat();
        let result = self.host.poll(&subscriptions, &mut self.events);
        self.dispatch(result, woken) == Outcome::Nameless
    }

    /// Waits without polling any socket.
    fn sleep(&mut self, time: Duration) {
        let time = rounded_up(time, self.host.granularity());
        let clock = Subscription::clock(self.host.timeout_for(time));
        // A host that cannot even wait has nothing to report here: the poll
        // that follows does.
        let _ = self.host.poll(&[clock], &mut self.events);
    }
}

fn rounded_up(time: Duration, unit: Duration) -> Duration {
    let unit = unit.as_nanos().max(1);
    let beyond = time.as_nanos() % unit;
    let missing = if beyond == 0 { 0 } else { unit - beyond };
    time.saturating_add(Duration::from_nanos(u64::try_from(missing).unwrap_or(0)))
}

#[cfg(test)]
mod tests;
