use std::fmt;
use std::future::Future;
use std::time::Instant;

/// The clock of a backend.
///
/// Code above backends asks it and no other, so that it keeps its promises on
/// a host whose runtime has coarse timers, and on a test's virtual time.
///
/// ```
/// use std::time::Instant;
/// use net_traits::Timer;
///
/// /// The clock of tokio's runtime.
/// #[derive(Clone, Debug)]
/// struct TokioTimer;
///
/// impl Timer for TokioTimer {
///     type Sleep = tokio::time::Sleep;
///
///     fn now(&self) -> Instant {
///         tokio::time::Instant::now().into_std()
///     }
///
///     fn sleep_until(&self, deadline: Instant) -> Self::Sleep {
///         tokio::time::sleep_until(deadline.into())
///     }
/// }
/// ```
pub trait Timer: Clone + fmt::Debug + Send + Sync + 'static {
    /// The future of [`sleep_until`](Timer::sleep_until). It may be dropped
    /// at any time.
    type Sleep: Future<Output = ()> + Send + 'static;

    /// Returns the time now. It must never go back.
    fn now(&self) -> Instant;

    /// Waits until `deadline`.
    ///
    /// The future must not be ready earlier, and should be ready at most 2 ms later
    /// on an idle machine. If the deadline is in the past, it must be ready at once.
    fn sleep_until(&self, deadline: Instant) -> Self::Sleep;
}
