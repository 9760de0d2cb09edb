//! Socket options, and what a host says that does not have one.

use std::collections::HashSet;
use std::io::{self, ErrorKind};
use std::time::Duration;

use net_traits::{
    Control, FreshSocket, Interface, KeepAlive, MulticastGroup, OptionName, SocketOption,
    SocketOptions, UnsupportedOption,
};
use proptest::prelude::*;

use crate::fake::at;
use crate::strategy::config;

fn all() -> [(SocketOption, OptionName, &'static str); 18] {
    let group = MulticastGroup::new([224, 0, 0, 251]);
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
            SocketOption::ReusePort(true),
            OptionName::ReusePort,
            "reuse_port",
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
        (SocketOption::Ttl(64), OptionName::Ttl, "ttl"),
        (SocketOption::Tos(0x2e << 2), OptionName::Tos, "tos"),
        (
            SocketOption::UserTimeout(Duration::from_secs(5)),
            OptionName::UserTimeout,
            "user_timeout",
        ),
        (
            SocketOption::BindDevice(Interface::new("eth0").unwrap()),
            OptionName::BindDevice,
            "bind_device",
        ),
        (
            SocketOption::MulticastLoop(true),
            OptionName::MulticastLoop,
            "multicast_loop",
        ),
        (
            SocketOption::MulticastTtl(1),
            OptionName::MulticastTtl,
            "multicast_ttl",
        ),
        (
            SocketOption::JoinMulticast(group),
            OptionName::JoinMulticast,
            "join_multicast",
        ),
        (
            SocketOption::LeaveMulticast(group),
            OptionName::LeaveMulticast,
            "leave_multicast",
        ),
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

/// Each is a membership of its own: none may be lost silently.
#[test]
fn several_multicast_groups_are_joined() {
    let group = |last| MulticastGroup::new([224, 0, 0, last]);
    let options = SocketOptions::new()
        .with(SocketOption::JoinMulticast(group(1)))
        .with(SocketOption::JoinMulticast(group(2)))
        .with(SocketOption::JoinMulticast(group(2).interface(3)))
        .with(SocketOption::LeaveMulticast(group(4)))
        .with(SocketOption::LeaveMulticast(group(5)))
        // Once more: joining a group twice is an error of the system.
        .with(SocketOption::JoinMulticast(group(1)));
    let set: Vec<_> = options.iter().collect();
    assert_eq!(
        set,
        [
            SocketOption::JoinMulticast(group(2)),
            SocketOption::JoinMulticast(group(2).interface(3)),
            SocketOption::LeaveMulticast(group(4)),
            SocketOption::LeaveMulticast(group(5)),
            SocketOption::JoinMulticast(group(1)),
        ]
    );
}

#[test]
fn a_multicast_group_is_on_the_interface_that_the_system_chooses_by_default() {
    let group = MulticastGroup::new([224, 0, 0, 1]);
    assert_eq!(group.interface, 0);
    assert_eq!(group.interface(7).interface, 7);
    assert_eq!(group.interface(7).address, group.address);
}

#[test]
fn an_interface_has_a_name_that_systems_have() {
    let interface = Interface::new("wlp0s20f3").unwrap();
    assert_eq!(interface.name(), "wlp0s20f3");
    assert!(format!("{interface:?}").contains("wlp0s20f3"));
    for name in ["", "sixteen-bytes-xx", "eth0\0", "ééééééee"] {
        match Interface::new(name) {
            Ok(interface) => assert_eq!(interface.name(), name),
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::InvalidInput);
                assert!(error.to_string().contains(&format!("{name:?}")), "{error}");
                assert!(!error.to_string().contains('\0'), "{error:?}");
            }
        }
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn an_interface_keeps_every_name_of_at_most_15_bytes(name in "\\PC{0,16}") {
        let fits = (1..=15).contains(&name.len());
        match Interface::new(&name) {
            Ok(interface) => prop_assert!(fits && interface.name() == name),
            Err(error) => prop_assert!(!fits, "{error}"),
        }
    }
}

/// A socket that has one option and no descriptor.
struct Fresh(std::cell::Cell<Option<SocketOption>>);

impl FreshSocket for Fresh {
    fn descriptor(&self) -> Option<u64> {
        None
    }

    fn set_option(&self, option: SocketOption) -> io::Result<()> {
        self.0.set(Some(option));
        Ok(())
    }

    fn option(&self, name: OptionName) -> io::Result<SocketOption> {
        let refused = || UnsupportedOption::new(name, "the test").into();
        self.0.get().ok_or_else(refused)
    }
}

#[test]
fn a_hook_receives_the_socket_and_the_address_and_may_refuse() {
    let control = Control::new(|socket, address| {
        if address.port() == Some(1) {
            return Err(ErrorKind::PermissionDenied.into());
        }
        socket.set_option(SocketOption::Tos(4))
    });
    let options = SocketOptions::new().with_control(control.clone());
    let hook = options.control().unwrap();
    let socket = Fresh(std::cell::Cell::new(None));

    let error = hook.run(&socket, &at("127.0.0.1:1")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied);
    assert!(socket.option(OptionName::Tos).is_err());
    hook.run(&socket, &at("127.0.0.1:2")).unwrap();
    assert_eq!(
        socket.option(OptionName::Tos).unwrap(),
        SocketOption::Tos(4)
    );

    assert_eq!(options.iter().count(), 0, "it is no option");
    assert_eq!(hook, &control);
    let other = Control::new(|_, _| Ok(()));
    assert_ne!(other, control);
    assert_ne!(options.clone().with_control(other), options);
    assert_eq!(SocketOptions::new().control(), None);
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
