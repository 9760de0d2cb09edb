//! The backends of this workspace, as the kit sees them.

use net::Net;
use net::memory::{Host, Network};
use net::runtime::{Builder, Flavor};
use net::target::Backend;
use net_conformance::{Capability, Case, Fixture};

/// The backend of the target that this is built for.
pub(crate) struct Target;

fn host() -> String {
    Net::default().host().to_owned()
}

impl Fixture for Target {
    type Backend = Backend;

    fn backend(&self) -> Backend {
        Backend::default()
    }

    fn block_on<F: Future>(&self, case: F) -> F::Output {
        Builder::new().flavor(Flavor::CurrentThread).block_on(case)
    }

    fn lacks(&self, capability: Capability) -> Option<String> {
        let reason = match (capability, &*host()) {
            (Capability::Unix, "WasmEdge") if !cfg!(feature = "wasmedge-unix") => {
                "only with the feature wasmedge-unix"
            }
            (Capability::AbstractNames, "WasmEdge") => "WasmEdge takes paths alone",
            (Capability::Unix, "native") if !cfg!(unix) => "not on this system",
            (Capability::AbstractNames, "native") if !cfg!(target_os = "linux") => "only on Linux",
            _ => return None,
        };
        Some(reason.to_owned())
    }

    fn known_bug(&self, case: &Case) -> Option<String> {
        match (&*host(), case.name()) {
            ("wasi-go", "a_datagram_without_a_sender_is_received") => {
                Some("it loses datagrams of senders without a path".to_owned())
            }
            _ => None,
        }
    }
}

/// A host alone on its network inside the process.
pub(crate) struct Memory;

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
