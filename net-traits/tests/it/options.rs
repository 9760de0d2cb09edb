//! Socket options, and what a host says that does not have one.

use std::collections::HashSet;
use std::io::{self, ErrorKind};
use std::time::Duration;

use net_traits::{KeepAlive, OptionName, SocketOption, SocketOptions, UnsupportedOption};

fn all() -> [(SocketOption, OptionName, &'static str); 9] {
    [
        (SocketOption::NoDelay(true), OptionName::NoDelay, "nodelay"),
        (
            SocketOption::KeepAlive(None),
            OptionName::KeepAlive,
            "keepalive",
        ),
        (SocketOption::Linger(None), OptionName::Linger, "linger"),
        (
            SocketOption::ReuseAddr(true),
            OptionName::ReuseAddr,
            "reuse_addr",
        ),
        (
            SocketOption::SendBuffer(1),
            OptionName::SendBuffer,
            "send_buffer",
        ),
        (
            SocketOption::RecvBuffer(1),
            OptionName::RecvBuffer,
            "recv_buffer",
        ),
        (SocketOption::V6Only(true), OptionName::V6Only, "v6only"),
        (
            SocketOption::Broadcast(true),
            OptionName::Broadcast,
            "broadcast",
        ),
        (SocketOption::Backlog(1), OptionName::Backlog, "backlog"),
    ]
}

#[test]
fn every_option_has_its_name() {
    for (option, name, word) in all() {
        assert_eq!(option.name(), name);
        assert_eq!(name.name(), word);
        assert_eq!(name.to_string(), word);
    }
    let words: HashSet<_> = all().map(|row| row.2).into();
    assert_eq!(words.len(), all().len());
}

#[test]
fn no_option_is_set_at_first() {
    let options = SocketOptions::new();
    assert_eq!(options.iter().count(), 0);
    assert_eq!(options, SocketOptions::default());
    assert_eq!(options.nodelay(), None);
    assert_eq!(options.reuse_addr(), None);
    assert_eq!(options.v6only(), None);
    assert_eq!(options.backlog(), None);
}

#[test]
fn every_option_that_is_set_is_gone_through_in_order() {
    let options = all()
        .into_iter()
        .fold(SocketOptions::new(), |options, row| options.with(row.0));
    let set: Vec<_> = options.iter().collect();
    assert_eq!(set, all().map(|row| row.0));
}

#[test]
fn a_later_value_replaces_an_earlier_one() {
    let options = SocketOptions::new()
        .with(SocketOption::Backlog(1))
        .with(SocketOption::NoDelay(true))
        .with(SocketOption::Backlog(2))
        .with(SocketOption::Backlog(3));
    assert_eq!(options.backlog(), Some(3));
    assert_eq!(options.nodelay(), Some(true));
    assert_eq!(options.iter().count(), 2);
}

#[test]
fn an_option_that_is_off_is_still_set() {
    let options = SocketOptions::new()
        .with(SocketOption::KeepAlive(Some(KeepAlive::new())))
        .with(SocketOption::KeepAlive(None));
    assert_eq!(
        options.iter().collect::<Vec<_>>(),
        [SocketOption::KeepAlive(None)]
    );
}

#[test]
fn each_getter_reads_its_own_option() {
    let options = SocketOptions::new()
        .with(SocketOption::NoDelay(false))
        .with(SocketOption::ReuseAddr(true))
        .with(SocketOption::V6Only(false))
        .with(SocketOption::Backlog(128));
    assert_eq!(options.nodelay(), Some(false));
    assert_eq!(options.reuse_addr(), Some(true));
    assert_eq!(options.v6only(), Some(false));
    assert_eq!(options.backlog(), Some(128));
}

#[test]
fn a_copy_is_independent() {
    let first = SocketOptions::new().with(SocketOption::NoDelay(true));
    let second = first.clone().with(SocketOption::NoDelay(false));
    assert_eq!(first.nodelay(), Some(true));
    assert_eq!(second.nodelay(), Some(false));
}

#[test]
fn keepalive_sets_only_what_is_said() {
    assert_eq!(KeepAlive::new().idle, None);
    let keepalive = KeepAlive::new()
        .idle(Duration::from_secs(15))
        .interval(Duration::from_secs(5))
        .count(3);
    assert_eq!(keepalive.idle, Some(Duration::from_secs(15)));
    assert_eq!(keepalive.interval, Some(Duration::from_secs(5)));
    assert_eq!(keepalive.count, Some(3));
    assert_eq!(KeepAlive::new().count(3).interval, None);
}

#[test]
fn a_refusal_names_the_option_and_the_host() {
    let refusal = UnsupportedOption::new(OptionName::NoDelay, "WasmEdge");
    assert_eq!(refusal.option(), OptionName::NoDelay);
    assert_eq!(refusal.host(), "WasmEdge");
    assert_eq!(
        refusal.to_string(),
        "the option nodelay is not supported by WasmEdge"
    );

    let io = io::Error::from(refusal.clone());
    assert_eq!(io.kind(), ErrorKind::Unsupported);
    assert_eq!(io.to_string(), refusal.to_string());
    assert_eq!(io.downcast::<UnsupportedOption>().unwrap(), refusal);
}
