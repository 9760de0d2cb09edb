//! Pauses between attempts to connect.

use std::time::Duration;

use crate::settings::Settings;

/// None before the first attempt, then one that doubles up to a limit.
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

    /// The pause before the next attempt.
    pub(crate) fn next(&mut self) -> Option<Duration> {
        let pause = self.next;
        self.next = Some(match pause {
            None => self.first,
            Some(pause) => (2 * pause).min(self.longest),
        });
        pause.map(spread)
    }
}

/// Between half of it and all of it, so that many clients of a server that was
/// restarted do not come at once.
fn spread(pause: Duration) -> Duration {
    use std::hash::{BuildHasher, RandomState};
    // The standard library's source of chance; no need for a better one.
    let chance = RandomState::new().hash_one(0) % 1024;
    pause / 2 + pause * u32::try_from(chance).unwrap_or_default() / 2048
}
