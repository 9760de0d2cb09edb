//! Tests on a network in memory.

use std::cell::RefCell;
use std::future::Future;
use std::ops::Range;
use std::panic;
use std::sync::Once;

use net_memory::Network;

use super::{Outcome, Test, watch};
use crate::memory::MemoryNet;
use crate::runtime::Builder;

/// The environment variable that replays one seed.
const SEED_VARIABLE: &str = "NET_TEST_SEED";

/// The settings of a test on a network in memory.
#[derive(Debug)]
pub struct MemoryTest {
    test: Test,
    is_paused: bool,
    seeds: Range<u64>,
}

impl From<Test> for MemoryTest {
    fn from(test: Test) -> Self {
        MemoryTest {
            test,
            is_paused: false,
            seeds: 0..1,
        }
    }
}

impl MemoryTest {
    /// Pauses the clock while any task can run.
    #[must_use]
    pub fn start_paused(mut self) -> Self {
        self.is_paused = true;
        self
    }

    /// Sets the seed.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seeds = seed..seed.saturating_add(1);
        self
    }

    /// Sets the number of seeds, from 0.
    #[must_use]
    pub fn seeds(mut self, count: u64) -> Self {
        self.seeds = 0..count;
        self
    }

    /// Runs the test body with each seed, and stops at the first that fails.
    ///
    /// # Panics
    ///
    /// Panics if the body panics, and if the variable `NET_TEST_SEED` is invalid.
    pub fn run<F>(self, body: impl Fn(MemoryNet) -> F) -> F::Output
    where
        F: Future,
        F::Output: Outcome,
    {
        let mut seeds = match std::env::var(SEED_VARIABLE) {
            Ok(seed) => {
                let seed = seed.parse().unwrap_or_else(|_| {
                    panic!("invalid seed {seed:?} in {SEED_VARIABLE}, expected a whole number")
                });
                seed..seed + 1
            }
            Err(_) => self.seeds.clone(),
        };
        loop {
            let seed = seeds.next().expect("`#[net_test]` refuses 0 seeds");
            let output = self.run_seed(seed, &body);
            if output.is_failure() || seeds.is_empty() {
                return output;
            }
        }
    }

    fn run_seed<F>(&self, seed: u64, body: &impl Fn(MemoryNet) -> F) -> F::Output
    where
        F: Future,
        F::Output: Outcome,
    {
        let test = self.test;
        let run = async {
            // Created on the runtime, whose clock it uses.
            let network = Network::with_seed(seed);
            let report = Report::new(test, &network);
            let body = body(MemoryNet::from(network.host("test")));
            let output = if self.is_paused {
                watch::watch_paused(test, body).await
            } else {
                watch::watch(test, body).await
            };
            if output.is_failure() {
                say_how_to_replay(test, seed);
                eprint!("{}", network.trace());
            }
            drop(report);
            output
        };
        if self.is_paused {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_time()
                .start_paused(true)
                .build()
                .expect("a runtime without threads and sockets needs nothing");
            runtime.block_on(run)
        } else {
            Builder::new().flavor(self.test.flavor).block_on(run)
        }
    }
}

/// Prints how to replay a failed run when it is dropped. The network itself prints
/// the trace.
struct Report {
    test: Test,
    seed: u64,
}

thread_local! {
    static CURRENT: RefCell<Option<(Test, Network)>> = const { RefCell::new(None) };
}

impl Report {
    fn new(test: Test, network: &Network) -> Self {
        if cfg!(panic = "abort") {
            report_at_panic();
            CURRENT.set(Some((test, network.clone())));
        }
        let seed = network.seed();
        Report { test, seed }
    }
}

fn say_how_to_replay(test: Test, seed: u64) {
    eprintln!(
        "to replay it: {SEED_VARIABLE}={seed} cargo test {}",
        test.name
    );
}

impl Drop for Report {
    fn drop(&mut self) {
        if std::thread::panicking() {
            say_how_to_replay(self.test, self.seed);
        }
        CURRENT.set(None);
    }
}

/// If panics abort, nothing is dropped, so the hook prints the report.
fn report_at_panic() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let usual = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            usual(panic);
            if let Some((test, network)) = CURRENT.take() {
                say_how_to_replay(test, network.seed());
                eprint!("{}", network.trace());
            }
        }));
    });
}
