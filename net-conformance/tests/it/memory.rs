//! The network inside the process.

use net::memory::{Host, Network};
use net::runtime::{Builder, Flavor};
use net_conformance::{Capability, Fixture, conformance};

/// A host alone on its network.
struct Memory;

impl Fixture for Memory {
    type Backend = Host;

    fn backend(&self) -> Host {
        Network::new().host("test")
    }

    fn block_on<F: Future>(&self, case: F) -> F::Output {
        Builder::new().flavor(Flavor::CurrentThread).block_on(case)
    }

    fn lacks(&self, capability: Capability) -> Option<String> {
        let there_are_none = "there are no files inside a process".to_owned();
        (capability == Capability::Files).then_some(there_are_none)
    }
}

conformance!(Memory);
