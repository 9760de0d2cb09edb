//! `wasm32-wasip1`, on any host with sockets.

use std::future::Future;
use std::time::Duration;

use crate::flavor::Flavor;

#[cfg(feature = "dns")]
pub(crate) use net_wasip1::dns;
pub(crate) use net_wasip1::{Wasip1 as Backend, watch};

/// No host can ask a guest to end.
pub(crate) fn shutdown() -> impl Future<Output = ()> {
    std::future::pending()
}

/// A guest cannot see the system's trust roots.
#[cfg(feature = "tls")]
#[allow(clippy::unnecessary_wraps, reason = "reading the system's can fail")]
pub(crate) fn roots() -> net_traits::Result<net_tls::Roots> {
    Ok(net_tls::Roots::mozilla())
}

pub(crate) fn block_on<F: Future>(
    flavor: Option<Flavor>,
    worker_threads: Option<usize>,
    future: F,
) -> F::Output {
    assert!(
        flavor != Some(Flavor::MultiThread) && worker_threads.is_none(),
        "a runtime with many threads: wasm32-wasip1 has one"
    );
    net_wasip1::block_on(future)
}

/// Completes after the time limit of a test. Without threads, nothing can end code
/// that never awaits.
pub(crate) fn alarm(
    after: Duration,
    _stuck: impl FnOnce() + Send + 'static,
) -> impl Future<Output = ()> {
    net_time::sleep(&Backend::default(), after)
}

/// Without threads there is no second clock.
#[cfg(feature = "memory")]
pub(crate) fn alarm_beside_paused_clock(
    _after: Duration,
    _stuck: impl FnOnce() + Send + 'static,
) -> impl Future<Output = ()> {
    std::future::pending()
}

#[doc(hidden)]
#[macro_export]
macro_rules! __require_multi_thread {
    ($option:literal) => {
        ::core::compile_error!(::core::concat!(
            "`",
            $option,
            "` needs threads, and wasm32-wasip1 has none: remove it"
        ));
    };
}
