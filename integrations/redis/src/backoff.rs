//! Delays between attempts to connect.

use std::time::Duration;

use crate::settings::Settings;

/// Exponential backoff: no delay before the first attempt, then one that doubles up to a maximum.
#[derive(Debug)]
pub(crate) struct Backoff {
    next: Option<Duration>,
    first: Duration,
    longest: Duration,
}

impl Backoff {
    pub(crate) fn new(settings: &Settings) -> Self {
        Backoff {
            next: None,
            first: settings.first_pause,
            longest: settings.longest_pause,
        }
    }

    /// Returns the delay before the next attempt.
    pub(crate) fn next(&mut self) -> Option<Duration> {
        let pause = self.next;
        self.next = Some(match pause {
            None => self.first,
            Some(pause) => (2 * pause).min(self.longest),
        });
        pause.map(spread)
    }
}

/// Adds jitter: returns between half of the delay and all of it, so that the clients of a
/// restarted server do not reconnect all at once.
fn spread(pause: Duration) -> Duration {
    use std::hash::{BuildHasher, RandomState};
    // The standard library's source of randomness is good enough for jitter.
    let random = RandomState::new().hash_one(0) % 1024;
    pause / 2 + pause * u32::try_from(random).unwrap_or_default() / 2048
}
