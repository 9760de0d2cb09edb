//! The one place in the workspace where a target is selected.
//!
//! Each arm supplies the same names:
//!
//! - `Backend`: a [`net_traits::Backend`] with `Default`;
//! - `block_on`: runs a future on a runtime with the threads that were asked
//!   for;
//! - `roots`: whom the target's TLS trusts;
//! - `resolver`: what a network asks for the addresses of names;
//! - `alarm`: ends a test that hangs; `alarm_beside_paused_clock` one whose
//!   runtime has a clock of its own;
//! - `watch`: wraps the future of a task that [`spawn`](crate::spawn) starts;
//! - `__require_multi_thread!`: what `#[net_main]` invokes with an option that
//!   needs threads.

cfg_if::cfg_if! {
    if #[cfg(not(target_family = "wasm"))] {
        use std::future::Future;
        use std::sync::Arc;
        use std::time::Duration;

        use net_dial::HostResolver;
        use net_native::Threads;
        use net_traits::Resolver;

        use crate::runtime::Flavor;

        pub(crate) use net_native::Native as Backend;

        /// The system's, which is asked on a thread.
        pub(crate) fn resolver(backend: Backend) -> Arc<dyn Resolver> {
            Arc::new(HostResolver::new(backend))
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

        /// A time for a test. `stuck` runs if it goes on for long after that,
        /// without ever awaiting.
        pub(crate) fn alarm(
            after: Duration,
            stuck: impl FnOnce() + Send + 'static,
        ) -> net_native::Alarm {
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
    } else if #[cfg(all(target_os = "wasi", target_env = "p1"))] {
        use std::future::Future;
        use std::sync::Arc;
        use std::time::Duration;

        #[cfg(feature = "getaddrinfo")]
        use net_dial::HostResolver;
        use net_traits::Resolver;

        use crate::runtime::Flavor;

        pub(crate) use net_wasip1::{Wasip1 as Backend, watch};

        /// The host's would block the whole program.
        pub(crate) fn resolver(backend: Backend) -> Arc<dyn Resolver> {
            cfg_if::cfg_if! {
                if #[cfg(feature = "getaddrinfo")] {
                    Arc::new(HostResolver::new(backend))
                } else if #[cfg(feature = "dns")] {
                    let _ = backend;
                    Arc::new(crate::dns::resolver())
                } else {
                    let _ = backend;
                    Arc::new(crate::NoResolver)
                }
            }
        }

        /// A guest sees no store of the system.
        #[cfg(feature = "tls")]
        #[allow(clippy::unnecessary_wraps, reason = "reading a system's can fail")]
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

        /// A time for a test. What never awaits, nothing can end here.
        pub(crate) fn alarm(
            after: Duration,
            _stuck: impl FnOnce() + Send + 'static,
        ) -> impl Future<Output = ()> {
            net_dial::time::sleep(&Backend::default(), after)
        }

        /// Without a thread there is no other clock.
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
    } else {
        compile_error!(
            "net has no backend for this target: there is one for native targets \
             and one for wasm32-wasip1"
        );
    }
}
