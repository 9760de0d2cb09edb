use std::time::Duration;

use rand::RngExt;

/// How long to wait before the next attempt at an address that cannot be reached.
///
/// By default as gRPC defines it ([connection backoff]): a second, 1.6 times as
/// long after each further failure, up to two minutes, each by chance up to a
/// fifth shorter or longer. The time of an attempt itself is part of the wait.
///
/// [connection backoff]: https://github.com/grpc/grpc/blob/master/doc/connection-backoff.md
#[derive(Debug, Clone)]
pub struct Backoff {
    initial: Duration,
    max: Duration,
}

const FACTOR: f64 = 1.6;
const JITTER: f64 = 0.2;
/// An end for endless waits, in seconds, that may be added to any time.
const A_YEAR: f64 = 365.0 * 86_400.0;

impl Backoff {
    /// That of gRPC.
    #[must_use]
    pub fn new() -> Self {
        Backoff {
            initial: Duration::from_secs(1),
            max: Duration::from_secs(120),
        }
    }

    /// The wait after the first failure.
    #[must_use]
    pub fn with_initial(mut self, initial: Duration) -> Self {
        self.initial = initial;
        self
    }

    /// The longest wait, before chance makes it shorter or longer.
    #[must_use]
    pub fn with_max(mut self, max: Duration) -> Self {
        self.max = max;
        self
    }

    /// The wait after so many failures in a row.
    pub(crate) fn after(&self, failures: u32) -> Duration {
        let exponent = i32::try_from(failures.saturating_sub(1)).unwrap_or(i32::MAX);
        let grown = self.initial.as_secs_f64() * FACTOR.powi(exponent);
        let seconds = grown.min(self.max.as_secs_f64());
        let chance = rand::rng().random_range(1.0 - JITTER..=1.0 + JITTER);
        Duration::from_secs_f64((seconds * chance).min(A_YEAR))
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
    fn the_wait_grows_as_grpc_defines_it() {
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
    fn an_endless_wait_is_none_the_less_one() {
        let backoff = Backoff::new().with_initial(Duration::MAX);
        let backoff = backoff.with_max(Duration::MAX);
        assert_eq!(backoff.after(9).as_secs(), 365 * 86_400);
    }
}
