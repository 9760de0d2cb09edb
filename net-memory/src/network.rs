use std::net::IpAddr;
use std::sync::Arc;

use crate::host::Host;
use crate::rule::{Rule, RuleBuilder};
use crate::shared::Shared;
use crate::state::State;
use crate::trace::Trace;

/// How many packets a network remembers unless it is told otherwise.
const TRACE_LIMIT: usize = 200;

/// A network inside the process.
///
/// It is cheap to clone; clones are the same network. Each test makes its own.
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
/// # The same seed, the same run
///
/// What happens by chance, such as loss, follows from the seed alone. A run is
/// the same each time if the program is, too: on a runtime of one thread with
/// tokio's clock paused, with `biased;` in each `select!`, without iterating
/// over a `HashMap`.
#[derive(Debug, Clone)]
pub struct Network {
    shared: Arc<Shared>,
}

impl Default for Network {
    fn default() -> Self {
        Network::new()
    }
}

impl Network {
    /// A network without hosts, with the seed 0.
    #[must_use]
    pub fn new() -> Self {
        Network::with_seed(0)
    }

    /// A network without hosts. All chance in it follows from the seed.
    #[must_use]
    pub fn with_seed(seed: u64) -> Self {
        Network {
            shared: Shared::new(State::new(seed, TRACE_LIMIT)),
        }
    }

    pub(crate) fn of(shared: &Arc<Shared>) -> Self {
        Network {
            shared: Arc::clone(shared),
        }
    }

    /// The seed that it was made with.
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.shared.with(|state| state.seed)
    }

    /// The host of this name. If there is none yet, it gets an IPv4 and an IPv6
    /// address.
    ///
    /// # Panics
    ///
    /// If all addresses are taken: there are 16 million.
    #[must_use]
    pub fn host(&self, name: &str) -> Host {
        let index = self.shared.with(|state| match state.hosts.find(name) {
            Some(index) => Ok(index),
            None => state.hosts.add(name, &[]),
        });
        Host {
            shared: Arc::clone(&self.shared),
            index: index.expect("a new name gets free addresses"),
        }
    }

    /// A new host with these addresses.
    ///
    /// # Panics
    ///
    /// If the name or an address is taken, or an address is not one that a host
    /// can have.
    #[track_caller]
    #[must_use]
    pub fn host_at(&self, name: &str, addresses: &[IpAddr]) -> Host {
        let added = self.shared.with(|state| state.hosts.add(name, addresses));
        Host {
            shared: Arc::clone(&self.shared),
            index: added.unwrap_or_else(|problem| panic!("{problem}")),
        }
    }

    /// Lets a name stand for addresses, in place of those it had. The names of
    /// hosts need no entry.
    pub fn set_name(&self, name: &str, addresses: impl IntoIterator<Item = IpAddr>) {
        let addresses = addresses.into_iter().collect();
        self.shared
            .with(|state| state.hosts.set_name(name, addresses));
    }

    /// Takes a name out of the table.
    pub fn remove_name(&self, name: &str) {
        self.shared.with(|state| state.hosts.remove_name(name));
    }

    /// Begins a rule for packets: first which, then what happens to them.
    pub fn rule(&self) -> RuleBuilder {
        RuleBuilder::new(&self.shared)
    }

    /// Cuts the hosts of one group off from those of the other.
    ///
    /// # Panics
    ///
    /// If the network has no host of one of the names.
    #[track_caller]
    pub fn partition(&self, left: &[&str], right: &[&str]) -> Rule {
        self.rule().across(left, right).cut()
    }

    /// Remembers so many packets for [`trace`](Network::trace): 200 unless set.
    pub fn set_trace_limit(&self, packets: usize) {
        self.shared.with(|state| state.recorder.set_limit(packets));
    }

    /// The packets so far.
    #[must_use]
    pub fn trace(&self) -> Trace {
        self.shared.with(|state| state.recorder.trace(state.seed))
    }
}
