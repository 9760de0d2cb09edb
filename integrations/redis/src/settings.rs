use std::time::Duration;

use crate::url::Target;

/// Replaces longer timeouts, which could not be added to an instant.
pub(crate) const LONGEST: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// How a client connects and communicates.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) target: Target,
    pub(crate) connect_timeout: Duration,
    pub(crate) response_timeout: Duration,
    pub(crate) max_answer_bytes: usize,
    pub(crate) max_queued_bytes: usize,
    pub(crate) first_pause: Duration,
    pub(crate) longest_pause: Duration,
}

impl Settings {
    pub(crate) fn new(target: Target) -> Self {
        Settings {
            target,
            connect_timeout: Duration::from_secs(5),
            response_timeout: Duration::from_secs(5),
            max_answer_bytes: 512 << 20,
            max_queued_bytes: 64 << 20,
            first_pause: Duration::from_millis(50),
            longest_pause: Duration::from_secs(2),
        }
    }
}
