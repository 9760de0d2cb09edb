use std::fmt;
use std::sync::{Arc, Weak};
use std::time::Duration;

use crate::Latency;
use crate::fault::Fault;
use crate::packet::{Packet, Protocol};
use crate::selector::Selector;
use crate::shared::Shared;

/// Says which packets a rule is for, and then what happens to them.
///
/// Without a selector a rule is for all packets but lookups, those between two
/// sockets of one host included. Selectors add up: a packet must pass each.
///
/// ```
/// # use net_memory::Network;
/// # use std::time::Duration;
/// let network = Network::new();
/// let (client, server) = (network.host("client"), network.host("server"));
/// let slow = network.rule().between("client", "server").latency(Duration::from_millis(30));
/// let lossy = network.rule().from("server").udp().loss(0.1);
/// # let _ = (client, server, lossy);
/// drop(slow); // from here on it is fast again
/// ```
#[must_use = "a rule does nothing before it has a fault, such as `latency`"]
pub struct RuleBuilder {
    shared: Arc<Shared>,
    selector: Selector,
}

impl RuleBuilder {
    pub(crate) fn new(shared: &Arc<Shared>) -> Self {
        RuleBuilder {
            shared: Arc::clone(shared),
            selector: Selector::default(),
        }
    }

    /// Packets from this host.
    ///
    /// # Panics
    ///
    /// If the network has no host of this name, as in all selectors by name.
    #[track_caller]
    pub fn from(mut self, host: &str) -> Self {
        self.selector.from = Some(self.hosts(&[host]));
        self
    }

    /// Packets to this host.
    #[track_caller]
    pub fn to(mut self, host: &str) -> Self {
        self.selector.to = Some(self.hosts(&[host]));
        self
    }

    /// Packets between two hosts, both ways.
    #[track_caller]
    pub fn between(self, one: &str, other: &str) -> Self {
        self.across(&[one], &[other])
    }

    /// Packets between hosts of two groups, both ways.
    #[track_caller]
    pub fn across(mut self, left: &[&str], right: &[&str]) -> Self {
        self.selector.across = Some((self.hosts(left), self.hosts(right)));
        self
    }

    /// Packets from this port: the answers of a server.
    pub fn from_port(mut self, port: u16) -> Self {
        self.selector.from_port = Some(port);
        self
    }

    /// Packets to this port: the requests to a server.
    pub fn to_port(mut self, port: u16) -> Self {
        self.selector.to_port = Some(port);
        self
    }

    /// Packets of TCP connections.
    pub fn tcp(self) -> Self {
        self.protocol(Protocol::Tcp)
    }

    /// UDP datagrams.
    pub fn udp(self) -> Self {
        self.protocol(Protocol::Udp)
    }

    /// What goes between paths of a host.
    pub fn unix(self) -> Self {
        self.protocol(Protocol::Unix)
    }

    /// Questions for the addresses of names.
    pub fn lookups(self) -> Self {
        self.protocol(Protocol::Lookup)
    }

    /// Packets of a protocol.
    pub fn protocol(mut self, protocol: Protocol) -> Self {
        self.selector.protocol = Some(protocol);
        self
    }

    /// Packets for which a function says so. It must not use the network, or
    /// it panics.
    pub fn matching(mut self, predicate: impl Fn(&Packet) -> bool + Send + Sync + 'static) -> Self {
        self.selector.predicates.push(Box::new(predicate));
        self
    }

    /// Packets take time. What one connection sends still arrives in order.
    pub fn latency(self, latency: impl Into<Latency>) -> Rule {
        self.add(Fault::Latency(latency.into()))
    }

    /// So many bytes of data pass in a second, in all that the rule is for.
    ///
    /// # Panics
    ///
    /// For 0: that is [`stall`](RuleBuilder::stall).
    #[track_caller]
    pub fn bandwidth(self, bytes_per_second: u64) -> Rule {
        assert_ne!(bytes_per_second, 0, "a bandwidth of 0: use `stall`");
        self.add(Fault::Bandwidth {
            rate: bytes_per_second,
            free_at: None,
        })
    }

    /// Packets get lost with this probability. TCP sends what is lost again,
    /// after 0.2 s and then ever later, and gives the connection up after 15
    /// times; a handshake after 1 s and then ever later, and gives up after 127 s.
    ///
    /// # Panics
    ///
    /// If it is no probability.
    #[track_caller]
    pub fn loss(self, probability: f64) -> Rule {
        assert_probability(probability);
        self.add(Fault::Loss(probability))
    }

    /// All packets get lost.
    pub fn cut(self) -> Rule {
        self.add(Fault::Loss(1.0))
    }

    /// The `n`-th of the packets gets lost, counted from 1.
    pub fn lose_nth(self, n: u64) -> Rule {
        self.add(Fault::LoseNth(n))
    }

    /// Datagrams are late by `by` with this probability, so later ones pass
    /// them.
    ///
    /// # Panics
    ///
    /// If it is no probability.
    #[track_caller]
    pub fn reorder(self, probability: f64, by: Duration) -> Rule {
        assert_probability(probability);
        self.add(Fault::Reorder { probability, by })
    }

    /// Packets are held, and go on when the rule ends.
    pub fn stall(self) -> Rule {
        self.add(Fault::Stall)
    }

    /// Connections and datagrams are refused as if nobody took them, lookups
    /// as if the name had no address.
    pub fn refuse(self) -> Rule {
        self.add(Fault::Refuse)
    }

    /// Each connection is reset after so many bytes of data that the rule is
    /// for; these still arrive.
    pub fn reset_after(self, bytes: u64) -> Rule {
        self.add(Fault::ResetAfter {
            limit: bytes,
            passed: std::collections::HashMap::new(),
        })
    }

    fn add(self, fault: Fault) -> Rule {
        let selector = self.selector;
        Rule {
            id: self.shared.with(|state| state.rules.add(selector, fault)),
            shared: Arc::downgrade(&self.shared),
        }
    }

    #[track_caller]
    fn hosts(&self, names: &[&str]) -> Vec<usize> {
        let found: Result<Vec<_>, _> = self
            .shared
            .with(|state| names.iter().map(|name| state.hosts.named(name)).collect());
        found.unwrap_or_else(|problem| panic!("{problem}"))
    }
}

#[track_caller]
fn assert_probability(probability: f64) {
    assert!(
        (0.0..=1.0).contains(&probability),
        "{probability} is no probability: it must be between 0 and 1"
    );
}

impl fmt::Debug for RuleBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RuleBuilder").field(&self.selector).finish()
    }
}

/// A rule in force. Dropping it ends it.
#[must_use = "the rule ends when this is dropped: bind it to a name, or call `keep`"]
pub struct Rule {
    shared: Weak<Shared>,
    id: u64,
}

impl Rule {
    /// How many packets it was for so far.
    #[must_use]
    pub fn hits(&self) -> u64 {
        let Some(shared) = self.shared.upgrade() else {
            return 0;
        };
        shared.with(|state| state.rules.get(self.id).map_or(0, |rule| rule.hits))
    }

    /// Leaves it in force for as long as the network lives.
    pub fn keep(mut self) {
        self.shared = Weak::new();
    }
}

impl Drop for Rule {
    fn drop(&mut self) {
        if let Some(shared) = self.shared.upgrade() {
            shared.with(|state| state.end_rule(self.id));
        }
    }
}

impl fmt::Debug for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Rule").field(&self.id).finish()
    }
}
