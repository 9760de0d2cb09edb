use std::net::IpAddr;
use std::sync::Arc;

use crate::rule::{Rule, RuleBuilder};
use crate::shared::Shared;
use crate::state::State;
use crate::wire::trace::Trace;

/// The default number of packets that a network keeps for its trace.
const TRACE_LIMIT: usize = 200;

/// A network inside the process.
///
/// It is cheap to clone; clones are the same network. Each test creates its own.
///
/// ```
/// use net_dial::Net;
/// use net_memory::Network;
/// use net_traits::{Dialer, Listener};
/// use tokio::io::{AsyncReadExt, AsyncWriteExt};
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() -> net_traits::Result<()> {
/// let network = Network::new();
/// let server = Net::new(network.host("server"));
/// let client = Net::new(network.host("client"));
///
/// let listener = server.listen("tcp", ":80").await?;
/// let mut stream = client.dial("tcp", "server:80").await?;
/// let (mut accepted, _) = listener.accept().await?;
///
/// let cut = network.partition(&["client"], &["server"]);
/// stream.write_all(b"hello").await?;
/// drop(cut); // heals; what was lost is sent again
///
/// let mut buf = [0; 5];
/// accepted.read_exact(&mut buf).await?;
/// # assert_eq!(&buf, b"hello");
/// # Ok(())
/// # }
/// ```
///
/// # Determinism
///
/// Everything random, such as loss and the lengths of short reads, follows from
/// the seed alone. A run is the same each time if the program is deterministic,
/// too: on a runtime of one thread with tokio's clock paused, with `biased;` in
/// each `select!`, and without iterating over a `HashMap`.
///
/// # Short reads
///
/// A read of a stream may return fewer bytes than have arrived, and the rest
/// then follows a little later, as TCP may do wherever a segment ends. With the
/// default, one in four reads of more than a byte is short, and a program that
/// takes one read for one message fails in a test and not in production.
/// [`set_short_reads`](Network::set_short_reads) turns this off. The packets
/// that rules and the trace see are the same either way.
#[derive(Debug, Clone)]
pub struct Network {
    pub(crate) shared: Arc<Shared>,
}

impl Default for Network {
    fn default() -> Self {
        Network::new()
    }
}

impl Network {
    /// Creates a network without hosts, with the seed 0.
    #[must_use]
    pub fn new() -> Self {
        Network::with_seed(0)
    }

    /// Creates a network without hosts. Everything random in it follows from the
    /// seed.
    #[must_use]
    pub fn with_seed(seed: u64) -> Self {
        Network {
            shared: Shared::new(State::new(seed, TRACE_LIMIT)),
        }
    }

    /// Returns the seed of the network.
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.shared.with(|state| state.seed)
    }

    /// Maps a name to addresses, in place of those it had. The names of hosts
    /// need no entry.
    pub fn set_name(&self, name: &str, addresses: impl IntoIterator<Item = IpAddr>) {
        let addresses = addresses.into_iter().collect();
        self.shared
            .with(|state| state.hosts.set_name(name, addresses));
    }

    /// Removes a name that was set by [`set_name`](Network::set_name).
    pub fn remove_name(&self, name: &str) {
        self.shared.with(|state| state.hosts.remove_name(name));
    }

    /// Starts a rule for packets: first which packets, then what happens to
    /// them.
    pub fn rule(&self) -> RuleBuilder {
        RuleBuilder::new(&self.shared)
    }

    /// Cuts the hosts of one group off from those of the other, in both
    /// directions.
    ///
    /// # Panics
    ///
    /// Panics if the network has no host with one of the names.
    #[track_caller]
    pub fn partition(&self, left: &[&str], right: &[&str]) -> Rule {
        self.rule().across(left, right).cut()
    }

    /// Sets whether reads of streams may return fewer bytes than have arrived,
    /// with the seed of the network. On by default.
    pub fn set_short_reads(&self, is_on: bool) {
        self.shared.with(|state| {
            let seed = state.seed;
            state.connections.set_short_reads(seed, is_on);
        });
    }

    /// Sets how many packets are kept for [`trace`](Network::trace). The default
    /// is 200.
    pub fn set_trace_limit(&self, packets: usize) {
        self.shared
            .with(|state| state.wire.recorder.set_limit(packets));
    }

    /// Returns the packets that were sent so far, the last ones at least.
    #[must_use]
    pub fn trace(&self) -> Trace {
        self.shared.with(|state| state.trace())
    }
}
