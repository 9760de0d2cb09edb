//! What polls cost, measured as they are made.
//!
//! Hosts take time for each subscription: about 1 µs on WasmEdge, 0.15 µs on
//! wasi-go. With a thousand idle connections beside a few busy ones, polling
//! all of them each time would cost more than the work. So a busy program scans
//! only when that costs a small part of the time since the last scan. An idle
//! one wakes up the less often, the more that costs.

use std::time::{Duration, Instant};

/// Scans take at most this part of a busy program's time.
const SCAN_PART: u32 = 8;
/// No idle socket waits longer than this while others are busy.
const LONGEST_PERIOD: Duration = Duration::from_millis(50);
/// The cost of a wake-up rises by at most this part, and this much, with each
/// measurement, and falls at once: what disturbs a measurement adds to it.
const RISE_PART: u32 = 8;
const RISE_LEAST: Duration = Duration::from_micros(10);

#[derive(Debug)]
pub(crate) struct PollCost {
    scan: Duration,
    last_scan: Instant,
    wake_up: Duration,
}

impl PollCost {
    pub(crate) fn new(now: Instant) -> Self {
        PollCost {
            scan: Duration::ZERO,
            last_scan: now,
            wake_up: Duration::ZERO,
        }
    }

    /// Notes a scan.
    pub(crate) fn scanned(&mut self, start: Instant, end: Instant) {
        self.scan = end.saturating_duration_since(start);
        self.last_scan = end;
    }

    /// Notes a poll of everything that was none for measuring.
    pub(crate) fn polled_all(&mut self, end: Instant) {
        self.last_scan = end;
    }

    /// Returns the time until the next scan is due.
    pub(crate) fn until_scan(&self, now: Instant) -> Duration {
        let period = (self.scan * SCAN_PART).min(LONGEST_PERIOD);
        (self.last_scan + period).saturating_duration_since(now)
    }

    /// Notes a wait that timed out: what it took beyond its time is the cost of
    /// entering the poll and of being woken up.
    pub(crate) fn waited(&mut self, wait: Duration, took: Duration) {
        // One that ended too early does not count.
        if let Some(cost) = took.checked_sub(wait) {
            self.wake_up = cost.min(self.wake_up + self.wake_up / RISE_PART + RISE_LEAST);
        }
    }

    /// Returns the cost of a wake-up.
    pub(crate) fn of_wake_up(&self) -> Duration {
        self.wake_up
    }
}
