use std::fmt;
use std::net::{IpAddr, SocketAddr};

use super::NetRule;
use super::address::{canonical, reachable};
use super::name::Name;
use crate::address::UnixAddress;

/// What a guest tried to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Operation {
    /// Connecting a socket.
    Connect,
    /// Sending a datagram.
    Send,
    /// Binding a socket to a local address.
    Bind,
    /// Listening for connections.
    Listen,
    /// Looking up a name.
    Lookup,
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Operation::Connect => "connect",
            Operation::Send => "send",
            Operation::Bind => "bind",
            Operation::Listen => "listen",
            Operation::Lookup => "lookup",
        })
    }
}

/// What a socket carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Transport {
    Tcp,
    Udp,
}

impl Transport {
    fn as_str(self) -> &'static str {
        match self {
            Transport::Tcp => "tcp",
            Transport::Udp => "udp",
        }
    }
}

impl fmt::Display for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An operation that the policy denied, and the flag that decides it.
///
/// Its text is one line, safe to print to a terminal:
///
/// ```text
/// connect tcp 10.0.0.5:5432 is denied; allow it with --allow-net=10.0.0.5:5432
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Denial {
    operation: Operation,
    network: Option<&'static str>,
    target: String,
    /// What the target resolves to, if that differs.
    meaning: Option<String>,
    reason: Reason,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Reason {
    NoRule {
        flag: String,
    },
    Rule {
        flag: String,
    },
    /// The name resolved to private addresses only.
    Private {
        answer: IpAddr,
        flag: String,
    },
    /// A name of this machine resolved to another machine.
    NotLoopback {
        answer: IpAddr,
    },
    Invalid(String),
}

impl Denial {
    /// Returns the operation.
    #[must_use]
    pub fn operation(&self) -> Operation {
        self.operation
    }

    /// Returns `tcp`, `udp` or `unix`; `None` for a lookup.
    #[must_use]
    pub fn network(&self) -> Option<&str> {
        self.network
    }

    /// Returns the address, path or name, as the guest passed it. Characters that
    /// a terminal would act on are escaped.
    #[must_use]
    pub fn target(&self) -> &str {
        &self.target
    }

    /// Returns the command-line flag that decides: the one that would allow the
    /// operation, or the `--deny-net` that denies it; `None` if no flag can allow
    /// it.
    ///
    /// For a lookup, the flag allows connecting to the name as well;
    /// `--allow-dns` would allow the lookup alone.
    #[must_use]
    pub fn flag(&self) -> Option<&str> {
        match &self.reason {
            Reason::NoRule { flag } | Reason::Rule { flag } | Reason::Private { flag, .. } => {
                Some(flag)
            }
            Reason::NotLoopback { .. } | Reason::Invalid(_) => None,
        }
    }

    pub(super) fn no_net_rule(operation: Operation, transport: Transport, to: SocketAddr) -> Self {
        let meaning = canonical(reachable(to));
        let flag = format!("--allow-net={meaning}");
        Denial::address(
            operation,
            transport,
            to,
            meaning.ip(),
            Reason::NoRule { flag },
        )
    }

    pub(super) fn net_rule(
        operation: Operation,
        transport: Transport,
        to: SocketAddr,
        rule: &NetRule,
    ) -> Self {
        let flag = format!("--deny-net={rule}");
        let meaning = canonical(reachable(to)).ip();
        Denial::address(operation, transport, to, meaning, Reason::Rule { flag })
    }

    pub(super) fn no_listen_rule(
        operation: Operation,
        transport: Transport,
        at: SocketAddr,
        needed: SocketAddr,
    ) -> Self {
        let flag = format!("--allow-listen={}", canonical(needed));
        let meaning = at.ip().to_canonical();
        Denial::address(operation, transport, at, meaning, Reason::NoRule { flag })
    }

    fn address(
        operation: Operation,
        transport: Transport,
        target: SocketAddr,
        meaning: IpAddr,
        reason: Reason,
    ) -> Self {
        Denial {
            operation,
            network: Some(transport.as_str()),
            target: target.to_string(),
            meaning: (meaning != target.ip()).then(|| meaning.to_string()),
            reason,
        }
    }

    pub(super) fn no_unix_rule(
        operation: Operation,
        target: &UnixAddress,
        resolved: &UnixAddress,
    ) -> Self {
        let meaning = printable(&resolved.to_string());
        Denial {
            operation,
            network: Some("unix"),
            target: printable(&target.to_string()),
            reason: Reason::NoRule {
                flag: format!("--allow-unix={meaning}"),
            },
            meaning: (target != resolved).then_some(meaning),
        }
    }

    pub(super) fn invalid_unix(operation: Operation, target: &UnixAddress, problem: &str) -> Self {
        Denial {
            operation,
            network: Some("unix"),
            target: printable(&target.to_string()),
            meaning: None,
            reason: Reason::Invalid(problem.to_owned()),
        }
    }

    pub(super) fn no_name_rule(name: &Name) -> Self {
        let flag = format!("--allow-net={name}");
        Denial::lookup(name.as_str(), Reason::NoRule { flag })
    }

    pub(super) fn name_rule(name: &Name, rule: &NetRule) -> Self {
        let flag = format!("--deny-net={rule}");
        Denial::lookup(name.as_str(), Reason::Rule { flag })
    }

    pub(super) fn private_answer(name: &Name, answer: IpAddr, needed: &NetRule) -> Self {
        let flag = format!("--allow-net={needed}");
        Denial::lookup(name.as_str(), Reason::Private { answer, flag })
    }

    pub(super) fn not_loopback(name: &Name, answer: IpAddr) -> Self {
        Denial::lookup(name.as_str(), Reason::NotLoopback { answer })
    }

    fn lookup(name: &str, reason: Reason) -> Self {
        Denial {
            operation: Operation::Lookup,
            network: None,
            target: printable(name),
            meaning: None,
            reason,
        }
    }
}

impl fmt::Display for Denial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.operation)?;
        if let Some(network) = self.network {
            write!(f, "{network} ")?;
        }
        f.write_str(&self.target)?;
        if let Some(meaning) = &self.meaning {
            write!(f, " ({meaning})")?;
        }
        match &self.reason {
            Reason::NoRule { flag } => write!(f, " is denied; allow it with {flag}"),
            Reason::Rule { flag } => write!(f, " is denied by {flag}"),
            Reason::Private { answer, flag } => write!(
                f,
                " is denied: it resolves to the private address {answer}; allow that with {flag}"
            ),
            Reason::NotLoopback { answer } => write!(
                f,
                " is denied: it resolves to {answer}, which is not a loopback address"
            ),
            Reason::Invalid(problem) => write!(f, " is denied: {problem}"),
        }
    }
}

impl std::error::Error for Denial {}

/// Escapes characters that a terminal might act on, and truncates long texts.
fn printable(text: &str) -> String {
    const LONGEST: usize = 512;
    let mut shown = String::new();
    for c in text.chars() {
        if shown.len() >= LONGEST {
            shown.push('…');
            break;
        }
        match c {
            '\'' | '"' | '\\' => shown.push(c),
            _ => shown.extend(c.escape_debug()),
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_of_a_guest_do_not_reach_the_terminal() {
        let target = UnixAddress::Path("/tmp/\u{1b}[2J\n\u{202e}x".into());
        let shown = Denial::no_unix_rule(Operation::Connect, &target, &target).to_string();
        assert!(!shown.contains(['\u{1b}', '\n', '\u{202e}']), "{shown}");
    }

    #[test]
    fn a_long_target_is_cut() {
        let target = UnixAddress::Path("a".repeat(60_000).into());
        let shown = Denial::invalid_unix(Operation::Bind, &target, "it is too long").to_string();
        assert!(shown.len() < 600);
        assert!(shown.ends_with("… is denied: it is too long"));
    }
}
