//! What the module as a whole promises, each way around it by name.

use std::net::{IpAddr, SocketAddr};

use super::{Denial, Dial, Guard, Policy, Transport};

mod dialling;
mod lookups;
mod parsing;
mod properties;
mod sockets;
mod unix_sockets;

fn allow(rules: &[&str]) -> Policy {
    let add = |policy: Policy, rule: &&str| policy.allow_net(rule.parse().unwrap());
    rules.iter().fold(Policy::deny_all(), add)
}

fn guard(rules: &[&str]) -> Guard {
    Guard::new(allow(rules))
}

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn at(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

fn connect(guard: &mut Guard, to: &str) -> Result<SocketAddr, Denial> {
    guard.dial(Dial::Connect, Transport::Tcp, at(to))
}

fn is_allowed(guard: &mut Guard, to: &str) -> bool {
    connect(guard, to).is_ok()
}
