//! The policy: what a guest may reach.
//!
//! A [`Policy`] is a set of rules, and denies everything that no rule allows.
//! Rules come from the command line, from a TOML file, or from a program that
//! embeds this crate.
//!
//! ```toml
//! allow-net = ["example.com:443", "10.0.0.0/8:5432"]
//! deny-net = "10.0.0.5"
//! allow-listen = "127.0.0.1:8080"
//! allow-unix = "/run/app/"
//! allow-dns = "*.example.com"
//! ```
//!
//! What is checked, and how:
//!
//! - Every connect, every bind, every datagram and every lookup is checked.
//! - An address is compared in its canonical form: an IPv4-mapped IPv6 address
//!   as the IPv4 address. The unspecified address as a destination means this
//!   machine.
//! - A rule with a name allows the addresses to which the name resolved, unless
//!   they are private: otherwise the owner of a name could point it at this
//!   machine's own network (DNS rebinding). A rule with the address itself
//!   allows those.
//! - A socket that only sends needs no rule to be bound. It receives datagrams
//!   only from addresses that it may send to.
//! - A path is compared after `..` is removed and symbolic links are followed.

use std::net::{IpAddr, SocketAddr};

use self::address::{dialled, is_public};
use self::name::Name;

mod address;
mod cidr;
mod config;
mod denial;
mod error;
mod guard;
mod host;
mod listen_rule;
mod name;
mod name_rule;
mod net_rule;
mod pins;
mod ports;
mod socket_path;
mod unix_rule;

#[cfg(test)]
mod tests;

pub use self::denial::{Denial, Operation};
pub use self::error::{PolicyError, RuleError};
pub use self::listen_rule::ListenRule;
pub use self::name_rule::NameRule;
pub use self::net_rule::NetRule;
pub use self::unix_rule::UnixRule;

pub(crate) use self::denial::Transport;
pub(crate) use self::guard::{Binding, Dial, Guard, Query};

/// What a guest may reach; by default nothing.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    all: bool,
    allow_net: Vec<NetRule>,
    deny_net: Vec<NetRule>,
    allow_listen: Vec<ListenRule>,
    allow_unix: Vec<UnixRule>,
    allow_dns: Vec<NameRule>,
}

impl Policy {
    /// Creates a policy that denies everything, which is the default.
    #[must_use]
    pub fn deny_all() -> Self {
        Policy::default()
    }

    /// Creates a policy that allows everything: every address, every Unix
    /// socket, every lookup.
    #[must_use]
    pub fn allow_all() -> Self {
        Policy {
            all: true,
            ..Policy::default()
        }
    }

    /// Creates a policy for development that allows loopback: connecting to and
    /// listening on 127.0.0.0/8 and `::1`, at every port, and the name
    /// `localhost`.
    #[must_use]
    pub fn loopback() -> Self {
        Policy {
            allow_net: NetRule::loopback().into(),
            allow_listen: ListenRule::loopback().into(),
            ..Policy::default()
        }
    }

    /// Returns whether nothing is denied.
    #[must_use]
    pub fn allows_all(&self) -> bool {
        self.all && self.deny_net.is_empty()
    }

    /// Allows connecting and sending datagrams.
    #[must_use]
    pub fn allow_net(mut self, rule: NetRule) -> Self {
        self.allow_net.push(rule);
        self
    }

    /// Denies connecting and sending datagrams; takes precedence over every rule
    /// that allows.
    ///
    /// A rule for every port of a name also denies its lookup. A rule for some
    /// of its ports denies them at the addresses to which the name resolved. A
    /// guest that knows the address from elsewhere is stopped only by a rule
    /// with the address.
    #[must_use]
    pub fn deny_net(mut self, rule: NetRule) -> Self {
        self.deny_net.push(rule);
        self
    }

    /// Allows binding and listening.
    #[must_use]
    pub fn allow_listen(mut self, rule: ListenRule) -> Self {
        self.allow_listen.push(rule);
        self
    }

    /// Allows connecting to a Unix socket, and binding it.
    #[must_use]
    pub fn allow_unix(mut self, rule: UnixRule) -> Self {
        self.allow_unix.push(rule);
        self
    }

    /// Allows looking up a name, but not connecting to its addresses.
    #[must_use]
    pub fn allow_dns(mut self, rule: NameRule) -> Self {
        self.allow_dns.push(rule);
        self
    }

    /// Combines the rules of both policies, including those that deny.
    #[must_use]
    pub fn and(mut self, other: Policy) -> Self {
        self.all |= other.all;
        self.allow_net.extend(other.allow_net);
        self.deny_net.extend(other.deny_net);
        self.allow_listen.extend(other.allow_listen);
        self.allow_unix.extend(other.allow_unix);
        self.allow_dns.extend(other.allow_dns);
        self
    }

    /// Parses a policy file.
    ///
    /// Its keys are `allow-all`, a boolean, and `allow-net`, `deny-net`,
    /// `allow-listen`, `allow-unix` and `allow-dns`, each a rule or an array
    /// of rules.
    ///
    /// # Errors
    ///
    /// Returns an error with the position if the text is not valid TOML, or has
    /// an unknown key or an invalid rule.
    pub fn from_toml(text: &str) -> Result<Self, PolicyError> {
        config::from_toml(text)
    }

    /// Parses the policy in the table `[package.metadata.net-run]` of a
    /// `Cargo.toml`. Without that table it allows nothing.
    ///
    /// # Errors
    ///
    /// As for [`from_toml`](Policy::from_toml).
    pub fn from_manifest(text: &str) -> Result<Self, PolicyError> {
        config::from_manifest(text)
    }

    /// Returns whether a rule allows an address, regardless of deny rules and
    /// lookups.
    fn covers(&self, to: SocketAddr) -> bool {
        self.all || self.allow_net.iter().any(|rule| rule.covers(to))
    }

    fn covers_listen(&self, at: SocketAddr) -> bool {
        self.all || self.allow_listen.iter().any(|rule| rule.covers(at))
    }

    fn covers_name(&self, name: &Name) -> bool {
        self.all
            || self.allow_net.iter().any(|rule| rule.host.matches(name))
            || self.allow_dns.iter().any(|rule| rule.covers(name))
    }

    fn rule_that_denies(&self, name: &Name) -> Option<&NetRule> {
        self.deny_net.iter().find(|rule| rule.has_all_of(name))
    }

    /// Returns the rules that allow the addresses of the name.
    fn named_rules<'a>(&'a self, name: &'a Name) -> impl Iterator<Item = &'a NetRule> {
        let named = move |rule: &&NetRule| rule.host.is_named() && rule.host.matches(name);
        self.allow_net.iter().filter(named)
    }

    /// Returns whether a guest may see an address to which a name resolved.
    fn shows(&self, name: &Name, ip: IpAddr) -> bool {
        if name.is_local() && !ip.to_canonical().is_loopback() {
            return false;
        }
        self.all
            || self.named_rules(name).next().is_none()
            || is_public(ip)
            || self
                .allow_net
                .iter()
                .any(|rule| rule.host.contains(dialled(ip)))
    }
}
