//! The system's clocks.

use rustix::time::{ClockId, clock_gettime};

/// Returns the monotonic clock in nanoseconds, as in the guest's
/// `clock_time_get`.
pub(crate) fn monotonic() -> u64 {
    nanos(ClockId::Monotonic)
}

/// Returns a clock in nanoseconds; a negative time is 0.
pub(crate) fn nanos(clock: ClockId) -> u64 {
    let time = clock_gettime(clock);
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    let nanos = u64::try_from(time.tv_nsec).unwrap_or(0);
    seconds.saturating_mul(1_000_000_000).saturating_add(nanos)
}
