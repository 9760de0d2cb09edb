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
/// The lateness of waits rises by at most this part, and this much, with each
/// measurement, and falls at once: what disturbs a measurement adds to it. The
/// cost of a scan at most doubles.
const RISE_PART: u32 = 8;
const RISE_LEAST: Duration = Duration::from_micros(10);
const SCAN_RISE_LEAST: Duration = Duration::from_micros(100);
/// An idle program scans once in this many long waits.
const WAITS_PER_SCAN: u32 = 8;

#[derive(Debug)]
pub(crate) struct PollCost {
    scan: Duration,
    last_scan: Instant,
    /// What a scan costs that finds nothing.
    idle_scan: Duration,
    /// Long waits since the last scan.
    waits: u32,
    /// What waits take beyond their time.
    late: Duration,
}

impl PollCost {
    pub(crate) fn new(now: Instant) -> Self {
        PollCost {
            scan: Duration::ZERO,
            last_scan: now,
            idle_scan: Duration::ZERO,
            waits: 0,
            late: Duration::ZERO,
        }
    }

    /// Notes a scan, and whether it found nothing.
    pub(crate) fn scanned(&mut self, start: Instant, end: Instant, idle: bool) {
        self.scan = end.saturating_duration_since(start);
        self.last_scan = end;
        self.waits = 0;
        if idle {
            self.idle_scan = self.scan.min(self.idle_scan * 2 + SCAN_RISE_LEAST);
        }
    }

    /// Returns whether an idle program should scan, to measure it.
    pub(crate) fn is_outdated(&self) -> bool {
        self.waits >= WAITS_PER_SCAN
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

    /// Notes a long wait that timed out.
    pub(crate) fn waited(&mut self, wait: Duration, took: Duration) {
        self.waits += 1;
        // One that ended too early does not count.
        if let Some(late) = took.checked_sub(wait) {
            self.late = late.min(self.late + self.late / RISE_PART + RISE_LEAST);
        }
    }

    /// Returns the cost of a wake-up: of entering the poll, which hosts do
    /// within the time of the wait, and of leaving it, which makes it late. A
    /// scan counts twice, since after a wait nothing is in the caches.
    pub(crate) fn of_wake_up(&self) -> Duration {
        self.idle_scan * 2 + self.late
    }
}
