use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::time::Instant;

use super::address::{canonical, dialled, is_public, parse_numeric, reachable};
use super::denial::{Denial, Operation, Transport};
use super::host::HostPattern;
use super::name::Name;
use super::pins::Pins;
use super::socket_path::{ends_in_a_name, resolve, resolve_parent};
use super::unix_rule::Place;
use super::{NetRule, Policy};
use crate::address::UnixAddress;

/// How many addresses of denied names are remembered.
const MAX_DENIED: usize = 1024;

/// The policy of one guest, with what the guest has looked up so far.
#[derive(Debug)]
pub(crate) struct Guard {
    policy: Policy,
    places: Vec<Place>,
    pins: Pins,
    /// The deny rules, by index, whose names were found at an address. They
    /// are never forgotten, or else a guest had only to wait.
    denied: HashMap<IpAddr, Vec<usize>>,
}

/// How a guest reaches out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dial {
    Connect,
    Send,
}

/// What a socket may do with the address that it was bound to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Binding {
    /// A rule covers it.
    Granted,
    /// It is what every client has: it may dial, what it receives is filtered,
    /// and to listen on it is checked.
    Client,
}

/// What there is to look up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Query {
    /// Nothing: this is the address.
    Address(IpAddr),
    /// A name, in lower case and without a dot at its end.
    Name(String),
    /// Nothing: no host can have this name, and a resolver might turn it into
    /// an address.
    NoName,
}

impl Guard {
    pub(crate) fn new(policy: Policy) -> Self {
        Guard {
            places: policy.allow_unix.iter().filter_map(Place::of).collect(),
            policy,
            pins: Pins::default(),
            denied: HashMap::new(),
        }
    }

    /// Checks a connect or a datagram; gives the address to use in its place.
    pub(crate) fn dial(
        &mut self,
        dial: Dial,
        transport: Transport,
        to: SocketAddr,
    ) -> Result<SocketAddr, Denial> {
        self.dial_at(Instant::now(), dial, transport, to)
    }

    pub(super) fn dial_at(
        &mut self,
        now: Instant,
        dial: Dial,
        transport: Transport,
        to: SocketAddr,
    ) -> Result<SocketAddr, Denial> {
        let operation = match dial {
            Dial::Connect => Operation::Connect,
            Dial::Send => Operation::Send,
        };
        let reached = reachable(to);
        let checked = canonical(reached);
        if let Some(rule) = self.denying_rule(checked) {
            return Err(Denial::net_rule(operation, transport, to, rule));
        }
        if self.policy.covers(checked) || self.pins.take(checked, now) {
            Ok(reached)
        } else {
            Err(Denial::no_net_rule(operation, transport, to))
        }
    }

    /// Whether a datagram may be seen that came to a [`Binding::Client`].
    ///
    /// Where it could once send to, it may still be answered from: a socket that
    /// is connected there sends without being checked again.
    pub(crate) fn receive(&self, from: SocketAddr) -> bool {
        let from = canonical(reachable(from));
        self.denying_rule(from).is_none() && (self.policy.covers(from) || self.pins.know(from))
    }

    /// An address in any spelling that some resolver would take for one.
    pub(crate) fn literal(name: &str) -> Option<IpAddr> {
        parse_address(name)
    }

    fn denying_rule(&self, checked: SocketAddr) -> Option<&NetRule> {
        let by_address = || {
            let mut rules = self.policy.deny_net.iter();
            rules.find(|rule| rule.covers_embedded(checked))
        };
        let by_name = || {
            let rules = self.denied.get(&checked.ip())?;
            let mut rules = rules.iter().map(|rule| &self.policy.deny_net[*rule]);
            rules.find(|rule| rule.ports.contains(checked.port()))
        };
        by_address().or_else(by_name)
    }

    /// Checks an explicit bind.
    pub(crate) fn bind(&self, transport: Transport, at: SocketAddr) -> Result<Binding, Denial> {
        let checked = canonical(at);
        if self.policy.covers_listen(checked) {
            Ok(Binding::Granted)
        } else if checked.ip().is_unspecified() && checked.port() == 0 {
            Ok(Binding::Client)
        } else {
            Err(Denial::no_listen_rule(Operation::Bind, transport, at, at))
        }
    }

    /// Checks that a TCP socket listens which has a [`Binding::Client`] or was
    /// never bound, so that the system chose its port or is about to.
    pub(crate) fn listen_unbound(&self, at: SocketAddr) -> Result<(), Denial> {
        let any_port = SocketAddr::new(at.ip(), 0);
        if [at, any_port]
            .map(canonical)
            .iter()
            .any(|at| self.policy.covers_listen(*at))
        {
            return Ok(());
        }
        let (operation, transport) = (Operation::Listen, Transport::Tcp);
        Err(Denial::no_listen_rule(operation, transport, at, any_port))
    }

    /// Checks a lookup; gives what is left to do.
    pub(crate) fn lookup(&self, name: &str) -> Result<Query, Denial> {
        if let Some(address) = parse_address(name) {
            return Ok(Query::Address(address));
        }
        let Ok(name) = Name::parse(name) else {
            return Ok(Query::NoName);
        };
        self.check_lookup(&name)?;
        Ok(Query::Name(name.as_str().to_owned()))
    }

    fn check_lookup(&self, name: &Name) -> Result<(), Denial> {
        if let Some(rule) = self.policy.rule_that_denies(name) {
            return Err(Denial::name_rule(name, rule));
        }
        if self.policy.covers_name(name) {
            Ok(())
        } else {
            Err(Denial::no_name_rule(name))
        }
    }

    /// Checks the answers to a lookup; gives those that the guest may see, and
    /// lets it reach them at the ports of the rules with the name.
    ///
    /// # Errors
    ///
    /// There were answers, but all of them are addresses that a name rule does
    /// not give away.
    pub(crate) fn admit(
        &mut self,
        name: &str,
        answers: Vec<IpAddr>,
    ) -> Result<Vec<IpAddr>, Denial> {
        self.admit_at(Instant::now(), name, answers)
    }

    pub(super) fn admit_at(
        &mut self,
        now: Instant,
        name: &str,
        mut answers: Vec<IpAddr>,
    ) -> Result<Vec<IpAddr>, Denial> {
        let Ok(name) = Name::parse(name) else {
            return Ok(Vec::new());
        };
        self.learn_denied(&name, &answers)?;
        self.check_lookup(&name)?;
        let Some(first) = answers.first().copied() else {
            return Ok(answers);
        };
        answers.retain(|ip| self.policy.shows(&name, *ip));
        if answers.is_empty() {
            return Err(self.nothing_left(&name, first));
        }
        for rule in self.policy.named_rules(&name) {
            for ip in answers.iter().filter(|ip| is_public(**ip)) {
                self.pins.add(ip.to_canonical(), rule.ports, now);
            }
        }
        Ok(answers)
    }

    /// Remembers where denied names are, so that their addresses are denied, too.
    fn learn_denied(&mut self, name: &Name, answers: &[IpAddr]) -> Result<(), Denial> {
        for (index, rule) in self.policy.deny_net.iter().enumerate() {
            if !rule.host.is_named() || !rule.host.matches(name) {
                continue;
            }
            for ip in answers.iter().map(|ip| dialled(*ip)) {
                if self.denied.len() >= MAX_DENIED && !self.denied.contains_key(&ip) {
                    return Err(Denial::name_rule(name, rule));
                }
                let rules = self.denied.entry(ip).or_default();
                if !rules.contains(&index) {
                    rules.push(index);
                }
            }
        }
        Ok(())
    }

    fn nothing_left(&self, name: &Name, answer: IpAddr) -> Denial {
        if name.is_local() && !answer.to_canonical().is_loopback() {
            return Denial::not_loopback(name, answer);
        }
        match self.policy.named_rules(name).next() {
            Some(rule) => {
                let host = HostPattern::Address(dialled(answer));
                let ports = rule.ports;
                Denial::private_answer(name, answer, &NetRule { host, ports })
            }
            None => Denial::no_name_rule(name),
        }
    }

    /// Checks a connect to a Unix socket; gives the place to use in its place.
    pub(crate) fn unix_connect(&self, target: &UnixAddress) -> Result<UnixAddress, Denial> {
        self.unix(Operation::Connect, target)
    }

    /// Checks a datagram to a Unix socket; gives the place to use in its place.
    pub(crate) fn unix_send(&self, target: &UnixAddress) -> Result<UnixAddress, Denial> {
        self.unix(Operation::Send, target)
    }

    /// Checks the bind of a Unix socket; gives the place to use in its place.
    pub(crate) fn unix_bind(&self, target: &UnixAddress) -> Result<UnixAddress, Denial> {
        self.unix(Operation::Bind, target)
    }

    fn unix(&self, operation: Operation, target: &UnixAddress) -> Result<UnixAddress, Denial> {
        let bind = operation == Operation::Bind;
        let resolved = match target {
            UnixAddress::Abstract(_) => Ok(target.clone()),
            UnixAddress::Unnamed => Err("an unnamed socket cannot be reached"),
            UnixAddress::Path(path) if !ends_in_a_name(path) => {
                Err("the path of a socket must end in a name")
            }
            // A bind makes a new entry: it follows no link in the entry's place.
            UnixAddress::Path(path) if bind => resolve_parent(path).map(UnixAddress::Path),
            UnixAddress::Path(path) => resolve(path).map(UnixAddress::Path),
        };
        let resolved =
            resolved.map_err(|problem| Denial::invalid_unix(operation, target, problem))?;
        let covers = |place: &Place| {
            if bind {
                place.has_entry(&resolved)
            } else {
                place.has_socket(&resolved)
            }
        };
        if self.policy.all || self.places.iter().any(covers) {
            Ok(resolved)
        } else {
            Err(Denial::no_unix_rule(operation, target, &resolved))
        }
    }
}

/// An address in any spelling that some resolver would take for one.
fn parse_address(name: &str) -> Option<IpAddr> {
    if let Some(bracketed) = name.strip_prefix('[') {
        let v6: Ipv6Addr = bracketed.strip_suffix(']')?.parse().ok()?;
        return Some(v6.into());
    }
    if let Ok(v6) = name.parse::<Ipv6Addr>() {
        return Some(v6.into());
    }
    parse_numeric(name.strip_suffix('.').unwrap_or(name)).map(IpAddr::from)
}
