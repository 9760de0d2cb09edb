use std::fmt;
use std::sync::{Arc, Weak};
use std::time::Duration;

use crate::shared::Shared;
use crate::wire::latency::Latency;
use crate::wire::packet::{Packet, Protocol};
use crate::wire::rules::Fault;
use crate::wire::selector::Selector;

/// Selects the packets of a rule, and then sets what happens to them.
///
/// Without a selector a rule applies to all packets but lookups, those between
/// two sockets of one host included. Selectors add up: a packet must match each.
///
/// Rules apply in the order in which they were made. Their delays add up; the
/// first that loses, holds or refuses a packet is the last that applies to it.
/// The packets of one connection never overtake each other.
///
/// ```
/// # use net_memory::Network;
/// # use std::time::Duration;
/// let network = Network::new();
/// let (client, server) = (network.host("client"), network.host("server"));
/// let slow = network.rule().between("client", "server").latency(Duration::from_millis(30));
/// let lossy = network.rule().from("server").udp().loss(0.1);
/// # let _ = (client, server, lossy);
/// drop(slow); // ends the rule
/// ```
#[must_use = "a rule has no effect without a fault, such as `latency`"]
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

    /// Selects packets from this host.
    ///
    /// # Panics
    ///
    /// Panics if the network has no host with this name.
    #[track_caller]
    pub fn from(mut self, host: &str) -> Self {
        self.selector.from = Some(self.hosts(&[host]));
        self
    }

    /// Selects packets to this host.
    ///
    /// # Panics
    ///
    /// Panics if the network has no host with this name.
    #[track_caller]
    pub fn to(mut self, host: &str) -> Self {
        self.selector.to = Some(self.hosts(&[host]));
        self
    }

    /// Selects packets between two hosts, in both directions.
    ///
    /// # Panics
    ///
    /// Panics if the network has no host with one of the names.
    #[track_caller]
    pub fn between(self, one: &str, other: &str) -> Self {
        self.across(&[one], &[other])
    }

    /// Selects packets between the hosts of two groups, in both directions.
    ///
    /// # Panics
    ///
    /// Panics if the network has no host with one of the names.
    #[track_caller]
    pub fn across(mut self, left: &[&str], right: &[&str]) -> Self {
        self.selector.across = Some((self.hosts(left), self.hosts(right)));
        self
    }

    /// Selects packets from this port, such as the answers of a server.
    pub fn from_port(mut self, port: u16) -> Self {
        self.selector.from_port = Some(port);
        self
    }

    /// Selects packets to this port, such as the requests to a server.
    pub fn to_port(mut self, port: u16) -> Self {
        self.selector.to_port = Some(port);
        self
    }

    /// Selects packets of TCP connections.
    pub fn tcp(self) -> Self {
        self.protocol(Protocol::Tcp)
    }

    /// Selects UDP datagrams.
    pub fn udp(self) -> Self {
        self.protocol(Protocol::Udp)
    }

    /// Selects what Unix sockets of one host send.
    pub fn unix(self) -> Self {
        self.protocol(Protocol::Unix)
    }

    /// Selects lookups of names.
    pub fn lookups(self) -> Self {
        self.protocol(Protocol::Lookup)
    }

    /// Selects packets of a protocol.
    pub fn protocol(mut self, protocol: Protocol) -> Self {
        self.selector.protocol = Some(protocol);
        self
    }

    /// Selects packets for which a predicate returns `true`.
    ///
    /// The predicate must not use the network: such a use panics.
    pub fn matching(mut self, predicate: impl Fn(&Packet) -> bool + Send + Sync + 'static) -> Self {
        self.selector.predicates.push(Box::new(predicate));
        self
    }

    /// Delays packets. The packets of one connection still arrive in order.
    pub fn latency(self, latency: impl Into<Latency>) -> Rule {
        self.add(Fault::Latency(latency.into()))
    }

    /// Limits all packets of the rule together to a number of bytes of data per
    /// second.
    ///
    /// # Panics
    ///
    /// Panics if it is 0: that is [`stall`](RuleBuilder::stall).
    #[track_caller]
    pub fn bandwidth(self, bytes_per_second: u64) -> Rule {
        assert_ne!(
            bytes_per_second, 0,
            "invalid bandwidth 0: use `stall` to hold all packets"
        );
        self.add(Fault::Bandwidth {
            rate: bytes_per_second,
            free_at: None,
        })
    }

    /// Loses packets with this probability.
    ///
    /// TCP retransmits what is lost, as Linux does: data after 0.2 s and then at
    /// growing intervals, until the connection times out after 924.6 s; a
    /// handshake after 1 s and then at growing intervals, until the dial times
    /// out after 127 s.
    ///
    /// # Panics
    ///
    /// Panics if it is not between 0 and 1.
    #[track_caller]
    pub fn loss(self, probability: f64) -> Rule {
        assert_probability(probability);
        self.add(Fault::Loss(probability))
    }

    /// Loses all packets.
    ///
    /// In one direction, this loses the acknowledgements of the other direction
    /// as well: data arrives once, is retransmitted, and its sender times out.
    pub fn cut(self) -> Rule {
        self.add(Fault::Loss(1.0))
    }

    /// Loses the `n`-th packet, counted from 1.
    pub fn lose_nth(self, n: u64) -> Rule {
        self.add(Fault::LoseNth(n))
    }

    /// Delays datagrams by `by` with this probability, so that later ones
    /// overtake them.
    ///
    /// # Panics
    ///
    /// Panics if the probability is not between 0 and 1.
    #[track_caller]
    pub fn reorder(self, probability: f64, by: Duration) -> Rule {
        assert_probability(probability);
        self.add(Fault::Reorder { probability, by })
    }

    /// Holds packets until the rule ends, and then lets them continue.
    ///
    /// Their senders do not know of it: dials, connections and lookups time out
    /// as if the packets were lost, even if these arrive in the end.
    pub fn stall(self) -> Rule {
        self.add(Fault::Stall)
    }

    /// Refuses connections and datagrams as if no socket were bound there, and
    /// lookups as if the name did not exist.
    pub fn refuse(self) -> Rule {
        self.add(Fault::Refuse)
    }

    /// Resets each connection after a number of bytes of data of the rule; these
    /// still arrive.
    pub fn reset_after(self, bytes: u64) -> Rule {
        self.add(Fault::ResetAfter {
            limit: bytes,
            passed: std::collections::HashMap::new(),
        })
    }

    fn add(self, fault: Fault) -> Rule {
        let selector = self.selector;
        Rule {
            id: self
                .shared
                .with(|state| state.wire.rules.add(selector, fault)),
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
        "invalid probability {probability}: it must be between 0 and 1"
    );
}

impl fmt::Debug for RuleBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RuleBuilder").field(&self.selector).finish()
    }
}

/// A rule in force. Dropping it ends the rule.
#[must_use = "the rule ends when this is dropped: bind it to a name, or call `keep`"]
pub struct Rule {
    shared: Weak<Shared>,
    id: u64,
}

impl Rule {
    /// Returns the number of packets that the rule has applied to.
    #[must_use]
    pub fn hits(&self) -> u64 {
        let Some(shared) = self.shared.upgrade() else {
            return 0;
        };
        shared.with(|state| state.wire.rules.get(self.id).map_or(0, |rule| rule.hits))
    }

    /// Keeps the rule in force for as long as the network exists.
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
