//! The policy, by the ways that lead around one: each is tried by real calls
//! of a guest.

mod dialling;
mod listening;
mod names;
mod unix;

use net_run::{Guest, Notice, Policy};

use crate::guest_sockets::{At, DATAGRAM, STREAM, UNIX, V4, V6, errno};
use crate::remote_guest::RemoteGuest;

/// A call of the guest, which leaves no socket open.
type Attempt<'a> = &'a dyn Fn(&mut RemoteGuest) -> Result<(), u16>;

/// A policy and a network in which something is tried.
struct Setting<'a> {
    policy: Policy,
    more: &'a dyn Fn(Guest) -> Guest,
}

impl Setting<'_> {
    fn new(policy: Policy) -> Self {
        let more = &|guest| guest;
        Setting { policy, more }
    }

    /// Shows that the call is refused each time and told once, in these words.
    fn denies(&self, words: &str, attempt: Attempt<'_>) -> Notice {
        let mut guest = RemoteGuest::with(self.policy.clone(), self.more);
        for _ in 0..100 {
            assert_eq!(attempt(&mut guest), Err(errno::ACCES), "{words}");
        }
        assert_eq!(guest.notices(), [words]);
        guest.denials().remove(0)
    }

    /// The same, and that the call works with the flag which the notice names.
    fn denies_until_allowed(&self, words: &str, attempt: Attempt<'_>) {
        let Notice::Denied(denial) = self.denies(words, attempt) else {
            panic!("{words}");
        };
        let flag = denial.flag().expect("a flag");
        assert!(words.ends_with(flag), "{words:?} does not tell {flag}");
        let policy = with_flag(self.policy.clone(), flag);
        let mut guest = RemoteGuest::with(policy, self.more);
        assert_eq!(attempt(&mut guest), Ok(()), "{flag}");
        assert_eq!(guest.notices(), [""; 0]);
    }
}

fn denies(policy: Policy, words: &str, attempt: Attempt<'_>) {
    Setting::new(policy).denies(words, attempt);
}

fn denies_until_allowed(policy: Policy, words: &str, attempt: Attempt<'_>) {
    Setting::new(policy).denies_until_allowed(words, attempt);
}

/// The policy with a rule more, as the command line would read it.
fn with_flag(policy: Policy, flag: &str) -> Policy {
    let (flag, rule) = flag.split_once('=').expect("a flag with a rule");
    match flag {
        "--allow-net" => policy.allow_net(rule.parse().expect("a rule")),
        "--allow-listen" => policy.allow_listen(rule.parse().expect("a rule")),
        "--allow-unix" => policy.allow_unix(rule.parse().expect("a rule")),
        _ => panic!("{flag} allows nothing"),
    }
}

fn policy(flags: &[&str]) -> Policy {
    flags
        .iter()
        .fold(Policy::deny_all(), |policy, flag| with_flag(policy, flag))
}

fn family(at: &At) -> u32 {
    match at {
        At::Ip(address) if address.is_ipv4() => V4,
        At::Ip(_) => V6,
        At::Unix(_) => UNIX,
    }
}

/// Does something with a new socket for this address.
fn with_socket(
    guest: &mut RemoteGuest,
    kind: u32,
    at: &At,
    attempt: impl FnOnce(&mut RemoteGuest, u32) -> Result<(), u16>,
) -> Result<(), u16> {
    let fd = guest.open(family(at), kind).expect("a socket");
    let tried = attempt(guest, fd);
    guest.close(fd).expect("the socket");
    tried
}

fn connect_to(at: impl Into<At>) -> impl Fn(&mut RemoteGuest) -> Result<(), u16> {
    let at = at.into();
    move |guest| {
        with_socket(guest, STREAM, &at, |guest, fd| {
            guest.connect(fd, at.clone())
        })
    }
}

fn bind_to(kind: u32, at: impl Into<At>) -> impl Fn(&mut RemoteGuest) -> Result<(), u16> {
    let at = at.into();
    move |guest| with_socket(guest, kind, &at, |guest, fd| guest.bind(fd, at.clone()))
}

fn send_to(at: impl Into<At>) -> impl Fn(&mut RemoteGuest) -> Result<(), u16> {
    let at = at.into();
    move |guest| {
        with_socket(guest, DATAGRAM, &at, |guest, fd| {
            guest.send_to(fd, b"hello", at.clone()).map(drop)
        })
    }
}
