//! When to look at every socket, and what that costs.
//!
//! Hosts take time for each entry of a poll: about 1 µs on WasmEdge, 0.15 µs
//! on wasi-go. With a thousand idle connections beside a few busy ones, looking
//! at all of them each time would cost more than the work. So while work keeps
//! coming, the cold ones are looked at only when that costs a small part of
//! the time since they were last.

use std::time::{Duration, Instant};

/// Up to here all are looked at each time.
const FEW: usize = 64;
/// A scan of all may take one part in so many of a busy program's time.
const COST_PART: u32 = 8;
/// No cold socket waits longer than this while others are busy.
const LONGEST_PERIOD: Duration = Duration::from_millis(50);
/// A measurement serves for so many scans.
const USES: u32 = 1024;

#[derive(Debug)]
pub(crate) struct Scan {
    /// What a poll costs without any socket.
    empty: Duration,
    /// What the sockets add.
    cost: Duration,
    measured_count: usize,
    uses_left: u32,
    last: Instant,
}

impl Scan {
    pub(crate) fn new(now: Instant) -> Self {
        Scan {
            empty: Duration::ZERO,
            cost: Duration::ZERO,
            measured_count: 0,
            uses_left: 0,
            last: now,
        }
    }

    /// Notes what a poll costs without any socket.
    pub(crate) fn measured_empty(&mut self, cost: Duration) {
        self.empty = cost;
    }

    /// What looking at all sockets adds to a poll, as last measured.
    pub(crate) fn cost(&self) -> Duration {
        self.cost
    }

    /// Whether there are so many interests that the cost matters to a busy
    /// program.
    pub(crate) fn is_worthwhile(count: usize) -> bool {
        count > FEW
    }

    /// Whether the cost was measured too long ago, or for another number of
    /// interests.
    pub(crate) fn is_outdated(&self, count: usize) -> bool {
        let difference = count.abs_diff(self.measured_count);
        self.uses_left == 0 || difference > FEW.max(self.measured_count / 4)
    }

    pub(crate) fn measured(&mut self, count: usize, cost: Duration, now: Instant) {
        self.cost = cost.saturating_sub(self.empty);
        self.measured_count = count;
        self.uses_left = USES;
        self.last = now;
    }

    /// The time until all must be looked at again.
    pub(crate) fn until_due(&self, count: usize, now: Instant) -> Duration {
        if count <= FEW {
            return Duration::ZERO;
        }
        let period = (self.cost * COST_PART).min(LONGEST_PERIOD);
        (self.last + period).saturating_duration_since(now)
    }

    /// All were looked at.
    pub(crate) fn done(&mut self, now: Instant) {
        self.last = now;
        self.uses_left = self.uses_left.saturating_sub(1);
    }
}
