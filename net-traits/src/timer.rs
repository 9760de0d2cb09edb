use std::fmt;
use std::future::Future;
use std::time::Instant;

/// The clock of a backend.
///
/// Code above backends asks it and no other, so that it keeps its promises on
/// a host whose runtime has coarse timers, and on a test's virtual time.
pub trait Timer: Clone + fmt::Debug + Send + Sync + 'static {
    /// The future of [`sleep_until`](Timer::sleep_until). It may be dropped
    /// at any time.
    type Sleep: Future<Output = ()> + Send + 'static;

    /// Returns the time now.
    fn now(&self) -> Instant;

    /// Waits until `deadline`: never less, and at most 2 ms longer on an idle
    /// machine. A deadline in the past must be ready at once.
    fn sleep_until(&self, deadline: Instant) -> Self::Sleep;
}
