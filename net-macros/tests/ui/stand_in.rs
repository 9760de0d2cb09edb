//! What the macros need of `net`, as small as it can be.

#![allow(dead_code, unused_imports, unused_macros, unreachable_pub)]
#![allow(clippy::must_use_candidate, clippy::return_self_not_must_use)]

/// The selected backend.
#[derive(Clone, Debug, Default)]
pub struct Net;

/// What a library asks of a backend.
pub trait Dialer {
    fn name(&self) -> &'static str;
}

impl Dialer for Net {
    fn name(&self) -> &'static str {
        "stand-in"
    }
}

/// As `net` defines it for targets with threads.
macro_rules! __require_multi_thread {
    ($option:literal) => {};
}
pub(crate) use __require_multi_thread;

pub mod runtime {
    use std::cell::Cell;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    #[derive(Clone, Copy, Debug, PartialEq)]
    pub enum Flavor {
        CurrentThread,
        MultiThread,
    }

    #[derive(Clone, Copy, Debug, Default, PartialEq)]
    pub struct Builder {
        pub flavor: Option<Flavor>,
        pub worker_threads: Option<usize>,
    }

    thread_local! {
        static RUNNING: Cell<Option<Builder>> = const { Cell::new(None) };
    }

    /// The builder of the runtime that runs the caller.
    pub fn running() -> Option<Builder> {
        RUNNING.get()
    }

    impl Builder {
        pub fn new() -> Self {
            Self::default()
        }

        pub fn flavor(mut self, flavor: Flavor) -> Self {
            self.flavor = Some(flavor);
            self
        }

        pub fn worker_threads(mut self, count: usize) -> Self {
            self.worker_threads = Some(count);
            self
        }

        /// The cases await nothing that is not ready.
        pub fn block_on<F: Future>(self, future: F) -> F::Output {
            RUNNING.set(Some(self));
            let output = pin!(future).poll(&mut Context::from_waker(Waker::noop()));
            RUNNING.set(None);
            match output {
                Poll::Ready(output) => output,
                Poll::Pending => panic!("the stand-in cannot wait"),
            }
        }
    }
}
