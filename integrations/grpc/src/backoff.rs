use std::time::Duration;

use rand::RngExt;

/// The delays between attempts to connect to an address.
///
/// By default, they follow gRPC's [connection backoff]: one second, multiplied by
/// 1.6 after each further failure, up to two minutes, with a random jitter of 20 %.
/// The time of an attempt itself is part of the delay.
///
/// [connection backoff]: https://github.com/grpc/grpc/blob/master/doc/connection-backoff.md
#[derive(Debug, Clone)]
pub struct Backoff {
    initial: Duration,
    max: Duration,
}

const FACTOR: f64 = 1.6;
const JITTER: f64 = 0.2;
/// The longest delay, in seconds, which can be added to any time.
const A_YEAR: f64 = 365.0 * 86_400.0;

impl Backoff {
    /// Creates gRPC's default backoff.
    #[must_use]
    pub fn new() -> Self {
        Backoff {
            initial: Duration::from_secs(1),
            max: Duration::from_secs(120),
        }
    }

    /// Sets the delay after the first failure.
    #[must_use]
    pub fn with_initial(mut self, initial: Duration) -> Self {
        self.initial = initial;
        self
    }

    /// Sets the longest delay, before jitter.
    #[must_use]
    pub fn with_max(mut self, max: Duration) -> Self {
        self.max = max;
        self
    }

    /// Returns the delay after this many failures in a row.
    pub(crate) fn after(&self, failures: u32) -> Duration {
        let exponent = i32::try_from(failures.saturating_sub(1)).unwrap_or(i32::MAX);
        let grown = self.initial.as_secs_f64() * FACTOR.powi(exponent);
        let seconds = grown.min(self.max.as_secs_f64());
        let jitter = rand::rng().random_range(1.0 - JITTER..=1.0 + JITTER);
        Duration::from_secs_f64((seconds * jitter).min(A_YEAR))
    }
}

impl Default for Backoff {
    fn default() -> Self {
        Backoff::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_delay_grows_as_grpc_defines_it() {
        let backoff = Backoff::new();
        for (failures, expected) in [(1, 1.0), (2, 1.6), (3, 2.56), (11, 109.95), (12, 120.0)] {
            let range = 0.79 * expected..=1.21 * expected;
            for _ in 0..100 {
                let seconds = backoff.after(failures).as_secs_f64();
                assert!(range.contains(&seconds), "{failures}: {seconds}");
            }
        }
        assert!(backoff.after(u32::MAX) <= Duration::from_secs(144));
    }

    #[test]
    fn the_longest_delay_is_finite() {
        let backoff = Backoff::new().with_initial(Duration::MAX);
        let backoff = backoff.with_max(Duration::MAX);
        assert_eq!(backoff.after(9).as_secs(), 365 * 86_400);
    }
}
