use std::time::Duration;

use tokio::time::Instant;

/// Replaces a time that is too long for the clock.
const FOR_EVER: Duration = Duration::from_secs(60 * 60 * 24 * 365);

/// Whether a server is considered down.
#[derive(Debug)]
pub(crate) struct Health {
    /// The number of consecutive failures after which it is.
    limit: u32,
    /// For how long: at first, and at most.
    pauses: (Duration, Duration),
    failures: u32,
    pause: Duration,
    down_until: Option<Instant>,
}

impl Health {
    pub(crate) fn new(limit: u32, pauses: (Duration, Duration)) -> Self {
        Health {
            limit,
            pauses,
            failures: 0,
            pause: pauses.0,
            down_until: None,
        }
    }

    /// Returns for how long it is still considered down. After that it is tried, and the first
    /// failure makes it count as down again, for twice as long.
    pub(crate) fn down_for(&self) -> Option<Duration> {
        let left = self.down_until?.saturating_duration_since(Instant::now());
        (!left.is_zero()).then_some(left)
    }

    pub(crate) fn succeeded(&mut self) {
        if self.failures > 0 {
            *self = Health::new(self.limit, self.pauses);
        }
    }

    pub(crate) fn failed(&mut self) {
        self.failures = self.failures.saturating_add(1);
        if self.failures >= self.limit && self.down_for().is_none() {
            let now = Instant::now();
            self.down_until = now.checked_add(self.pause).or(Some(now + FOR_EVER));
            self.pause = self.pause.saturating_mul(2).min(self.pauses.1);
        }
    }
}
