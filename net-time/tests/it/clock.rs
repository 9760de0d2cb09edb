//! tokio's clock, which the tests pause.

use std::time::Instant;

use net_traits::Timer;

/// A timer that counts from its making.
#[derive(Debug, Clone)]
pub(crate) struct Clock {
    start: tokio::time::Instant,
}

impl Clock {
    pub(crate) fn new() -> Self {
        Clock {
            start: tokio::time::Instant::now(),
        }
    }

    /// The milliseconds since the beginning, without those that timers may be late.
    pub(crate) fn clock(&self) -> u64 {
        let elapsed: u64 = self.start.elapsed().as_millis().try_into().unwrap();
        elapsed / 10 * 10
    }
}

impl Timer for Clock {
    type Sleep = tokio::time::Sleep;

    fn now(&self) -> Instant {
        tokio::time::Instant::now().into_std()
    }

    fn sleep_until(&self, deadline: Instant) -> Self::Sleep {
        tokio::time::sleep_until(deadline.into())
    }
}
