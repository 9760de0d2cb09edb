use std::cell::Cell;
use std::fmt;

use super::packet::{Packet, Place, Protocol};

/// Selects the packets of a rule: those that pass every test.
#[derive(Default)]
pub(crate) struct Selector {
    pub(crate) protocol: Option<Protocol>,
    pub(crate) from: Option<Vec<usize>>,
    pub(crate) to: Option<Vec<usize>>,
    pub(crate) across: Option<(Vec<usize>, Vec<usize>)>,
    pub(crate) from_port: Option<u16>,
    pub(crate) to_port: Option<u16>,
    pub(crate) predicates: Vec<Predicate>,
}

pub(crate) type Predicate = Box<dyn Fn(&Packet) -> bool + Send + Sync>;

thread_local! {
    static IN_PREDICATE: Cell<bool> = const { Cell::new(false) };
}

impl Selector {
    pub(crate) fn selects(&self, packet: &Packet) -> bool {
        let (from, to) = (&packet.flow.from, &packet.flow.to);
        let is_protocol = match self.protocol {
            Some(protocol) => packet.protocol() == protocol,
            None => packet.protocol() != Protocol::Lookup,
        };
        let among = |hosts: &Option<Vec<usize>>, host| {
            hosts.as_ref().is_none_or(|hosts| hosts.contains(&host))
        };
        let is_across = self.across.as_ref().is_none_or(|(left, right)| {
            (left.contains(&from.host) && right.contains(&to.host))
                || (right.contains(&from.host) && left.contains(&to.host))
        });
        let is_port = |port: Option<u16>, of: &Place| {
            port.is_none_or(|port| of.endpoint.port() == Some(port))
        };
        is_protocol
            && among(&self.from, from.host)
            && among(&self.to, to.host)
            && is_across
            && is_port(self.from_port, from)
            && is_port(self.to_port, to)
            && self
                .predicates
                .iter()
                .all(|predicate| ask(predicate, packet))
    }
}

/// Calls a user's predicate, which runs while the network is locked.
fn ask(predicate: &Predicate, packet: &Packet) -> bool {
    struct Leave;
    impl Drop for Leave {
        fn drop(&mut self) {
            IN_PREDICATE.set(false);
        }
    }
    IN_PREDICATE.set(true);
    let _leave = Leave;
    predicate(packet)
}

/// Panics, instead of a deadlock, if a predicate uses the network.
pub(crate) fn assert_outside_of_predicates() {
    assert!(
        !IN_PREDICATE.get(),
        "a rule's predicate uses the network that calls it: decide by the packet alone"
    );
}

impl fmt::Debug for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Selector")
            .field("protocol", &self.protocol)
            .field("from", &self.from)
            .field("to", &self.to)
            .field("across", &self.across)
            .field("from_port", &self.from_port)
            .field("to_port", &self.to_port)
            .finish_non_exhaustive()
    }
}
