//! A network in memory, for tests: deterministic simulation testing, with hosts,
//! names, faults and a seed.
//!
//! `#[net_test(backend = memory)]` creates one for each test and passes a
//! [`MemoryNet`]. Without the attribute, create a [`Network`].
//!
//! ```
//! use std::time::Duration;
//!
//! use net::memory::MemoryNet;
//! use net::prelude::*;
//!
//! #[net::net_test(backend = memory, start_paused)]
//! async fn a_dial_to_a_slow_server_times_out(net: MemoryNet) -> net::Result<()> {
//!     let server = net.on("server");
//!     let listener = server.listen("tcp", ":80").await?;
//!     let _slow = net.rule().from("server").latency(Duration::from_secs(60));
//!
//!     let impatient = net.clone().with_timeout(Duration::from_secs(30));
//!     let error = impatient.dial("tcp", "server:80").await.unwrap_err();
//!     assert!(error.is_timeout());
//!     # drop(listener);
//!     Ok(())
//! }
//! ```

pub use net_memory::{
    Event, Fate, Host, Latency, Listener, Network, Packet, PacketConn, PacketKind, Protocol,
    ReadHalf, Rule, RuleBuilder, Sleep, Stream, Trace, WriteHalf,
};

use net_dial::Net;

/// A [`Net`](crate::Net) of one host of a network in memory.
pub type MemoryNet = Net<Host>;

/// The methods of a [`MemoryNet`] in addition to those of every [`Net`](crate::Net).
pub trait OnMemory: sealed::Sealed {
    /// Returns the network that contains the host.
    fn network(&self) -> Network;

    /// Returns the `MemoryNet` of another host, which is created if it does not exist.
    fn on(&self, host: &str) -> MemoryNet;

    /// Starts a rule: which packets it selects, and what happens to them; see
    /// [`Network::rule`].
    fn rule(&self) -> RuleBuilder {
        self.network().rule()
    }
}

impl OnMemory for MemoryNet {
    fn network(&self) -> Network {
        self.backend().network()
    }

    fn on(&self, host: &str) -> MemoryNet {
        MemoryNet::from(self.network().host(host))
    }
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::MemoryNet {}
}
