//! What `#[net_test]` expands to. Nothing here is public interface.

mod hang;
#[cfg(feature = "memory")]
mod memory;
mod outcome;
mod watch;

use std::future::Future;
use std::time::Duration;

use crate::Net;
use crate::runtime::{Builder, Flavor};

#[cfg(feature = "memory")]
pub use memory::MemoryTest;
pub use outcome::Outcome;

/// The settings of a test.
#[derive(Debug, Clone, Copy)]
pub struct Test {
    name: &'static str,
    flavor: Flavor,
    timeout: Duration,
}

impl Test {
    /// Creates the settings of the test with this path: crate, modules, function.
    #[must_use]
    pub fn new(path: &'static str) -> Self {
        Test {
            // The name in the test harness.
            name: path.split_once("::").map_or(path, |(_, name)| name),
            flavor: Flavor::CurrentThread,
            timeout: Duration::from_secs(60),
        }
    }

    /// Sets how tasks are run.
    #[must_use]
    pub fn flavor(mut self, flavor: Flavor) -> Self {
        self.flavor = flavor;
        self
    }

    /// Sets the limit in real time.
    #[must_use]
    pub fn timeout(mut self, milliseconds: u64) -> Self {
        self.timeout = Duration::from_millis(milliseconds);
        self
    }

    /// Runs the test body with the network of the target.
    pub fn native<F>(self, body: impl FnOnce(Net) -> F) -> F::Output
    where
        F: Future,
        F::Output: Outcome,
    {
        Builder::new()
            .flavor(self.flavor)
            .block_on(async { watch::watch(self, body(Net::default())).await })
    }
}
