//! Linux, macOS, Windows.

use std::future::Future;
use std::time::Duration;

use net_native::Threads;

use crate::flavor::Flavor;

pub(crate) use net_native::{Native as Backend, shutdown};

/// Used only on request: networks use the system's resolver by default.
#[cfg(feature = "dns")]
pub(crate) fn dns() -> net_resolver::Dns<Backend> {
    use std::sync::LazyLock;

    static SHARED: LazyLock<net_resolver::Dns<Backend>> =
        LazyLock::new(|| net_resolver::Dns::builder(Backend::new()).build());
    SHARED.clone()
}

#[cfg(feature = "tls")]
pub(crate) fn roots() -> net_traits::Result<net_tls::Roots> {
    net_tls::Roots::native()
}

pub(crate) fn block_on<F: Future>(
    flavor: Option<Flavor>,
    worker_threads: Option<usize>,
    future: F,
) -> F::Output {
    let threads = match flavor {
        Some(Flavor::CurrentThread) => Threads::One,
        Some(Flavor::MultiThread) | None => Threads::Many(worker_threads),
    };
    net_native::block_on(threads, future)
}

pub(crate) fn watch<F: Future>(future: F) -> F {
    future
}

/// Completes after the time limit of a test. `stuck` runs if the test then still runs
/// for long without awaiting.
pub(crate) fn alarm(after: Duration, stuck: impl FnOnce() + Send + 'static) -> net_native::Alarm {
    const GRACE: Duration = Duration::from_secs(10);
    net_native::Alarm::new(after, GRACE, stuck)
}

#[cfg(feature = "memory")]
pub(crate) use alarm as alarm_beside_paused_clock;

#[doc(hidden)]
#[macro_export]
macro_rules! __require_multi_thread {
    ($option:literal) => {};
}
