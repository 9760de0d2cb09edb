//! Options, set and read.

use std::io::ErrorKind;
use std::time::Duration;

use net_native::{Native, PacketConn};
use net_traits::{
    Backend, Interface, KeepAlive, MulticastGroup, OptionName, PacketConn as _, SocketOption,
    SocketOptions, Stream as _, UnsupportedOption,
};

use crate::pair::{self, endpoint};

async fn udp(address: &str) -> PacketConn {
    let address = endpoint(address);
    let options = SocketOptions::new();
    let socket = Native::new().packet(Some(&address), None, &options).await;
    socket.unwrap()
}

const LOOPBACKS: [&str; 2] = ["127.0.0.1:0", "[::1]:0"];

/// One of each, with the name of an interface that every Linux has.
fn every_option() -> Vec<SocketOption> {
    let group = MulticastGroup::new([239, 255, 7, 7]);
    vec![
        SocketOption::NoDelay(false),
        SocketOption::KeepAlive(Some(KeepAlive::new())),
        SocketOption::Linger(Some(Duration::from_secs(2))),
        SocketOption::ReuseAddr(true),
        SocketOption::ReusePort(true),
        SocketOption::SendBuffer(64 << 10),
        SocketOption::RecvBuffer(64 << 10),
        SocketOption::V6Only(true),
        SocketOption::Ttl(7),
        SocketOption::Tos(0x88),
        SocketOption::UserTimeout(Duration::from_millis(1500)),
        SocketOption::BindDevice(Interface::new("lo").unwrap()),
        SocketOption::MulticastLoop(false),
        SocketOption::MulticastTtl(3),
        SocketOption::JoinMulticast(group),
        SocketOption::LeaveMulticast(group),
        SocketOption::Broadcast(true),
    ]
}

#[tokio::test]
async fn an_option_is_supported_if_and_only_if_it_can_be_set() {
    let (stream, _peer) = pair::tcp().await;
    let socket = udp("127.0.0.1:0").await;
    for option in every_option() {
        let name = option.name();
        let refused: Vec<_> = [stream.set_option(option), socket.set_option(option)]
            .into_iter()
            .filter_map(|set| set.err()?.downcast_ref::<UnsupportedOption>().cloned())
            .collect();
        let read_is_refused = stream
            .option(name)
            .is_err_and(|error| error.downcast_ref::<UnsupportedOption>().is_some());
        if Native::new().supports(name) {
            assert_eq!(refused, [], "{name}");
            assert!(!read_is_refused, "{name}");
        } else {
            assert_eq!(refused.len(), 2, "{name}");
            assert!(read_is_refused, "{name}");
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn linux_supports_every_option() {
    for option in every_option() {
        assert!(Native::new().supports(option.name()), "{option:?}");
    }
}

#[tokio::test]
async fn options_of_packets_are_read_as_they_were_set() {
    for address in LOOPBACKS {
        let socket = udp(address).await;
        for option in [
            SocketOption::Ttl(7),
            SocketOption::Ttl(255),
            SocketOption::Tos(0x88),
            SocketOption::MulticastLoop(false),
            SocketOption::MulticastLoop(true),
            SocketOption::MulticastTtl(0),
            SocketOption::MulticastTtl(9),
            SocketOption::Broadcast(true),
        ] {
            if Native::new().supports(option.name()) {
                socket.set_option(option).unwrap();
                assert_eq!(socket.option(option.name()).unwrap(), option, "{address}");
            }
        }
    }
}

#[tokio::test]
async fn options_of_streams_are_read_as_they_were_set() {
    for address in LOOPBACKS {
        let (stream, _peer) = pair::connect(&endpoint(address), &SocketOptions::new()).await;
        for option in [
            SocketOption::Ttl(64),
            SocketOption::Tos(0x20),
            SocketOption::UserTimeout(Duration::from_millis(1500)),
            SocketOption::UserTimeout(Duration::ZERO),
            SocketOption::NoDelay(false),
            SocketOption::NoDelay(true),
        ] {
            if Native::new().supports(option.name()) {
                stream.set_option(option).unwrap();
                assert_eq!(stream.option(option.name()).unwrap(), option, "{address}");
            }
        }
    }
}

#[tokio::test]
async fn the_shortest_user_timeout_is_not_the_default() {
    if !Native::new().supports(OptionName::UserTimeout) {
        return;
    }
    let (stream, _peer) = pair::tcp().await;
    let option = SocketOption::UserTimeout(Duration::from_nanos(1));
    stream.set_option(option).unwrap();
    let read = stream.option(OptionName::UserTimeout).unwrap();
    assert_eq!(read, SocketOption::UserTimeout(Duration::from_millis(1)));
    stream
        .set_option(SocketOption::UserTimeout(Duration::MAX))
        .unwrap();
}

#[tokio::test]
async fn two_sockets_share_an_address_with_reuse_port() {
    if !Native::new().supports(OptionName::ReusePort) {
        return;
    }
    let options = SocketOptions::new().with(SocketOption::ReusePort(true));
    let native = Native::new();
    let any = endpoint("127.0.0.1:0");
    let first = native.packet(Some(&any), None, &options).await.unwrap();
    let address = first.local_addr().unwrap();
    let second = native.packet(Some(&address), None, &options).await.unwrap();
    let option = second.option(OptionName::ReusePort).unwrap();
    assert_eq!(option, SocketOption::ReusePort(true));
    let alone = native
        .packet(Some(&address), None, &SocketOptions::new())
        .await;
    assert_eq!(alone.unwrap_err().kind(), ErrorKind::AddrInUse);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_socket_is_bound_to_an_interface() {
    let loopback = SocketOption::BindDevice(Interface::new("lo").unwrap());
    let socket = udp("127.0.0.1:0").await;
    let unbound = socket.option(OptionName::BindDevice).unwrap_err();
    assert_eq!(unbound.kind(), ErrorKind::NotFound);
    match socket.set_option(loopback) {
        Ok(()) => assert_eq!(socket.option(OptionName::BindDevice).unwrap(), loopback),
        Err(error) if error.kind() == ErrorKind::PermissionDenied => println!("skipped: {error}"),
        Err(error) => panic!("{error}"),
    }
    let nowhere = SocketOption::BindDevice(Interface::new("nowhere0").unwrap());
    socket.set_option(nowhere).unwrap_err();
}

#[tokio::test]
async fn an_invalid_value_is_refused_by_name() {
    let (stream, _peer) = pair::tcp().await;
    let zero = Duration::ZERO;
    for option in [
        SocketOption::KeepAlive(Some(KeepAlive::new().idle(zero))),
        SocketOption::KeepAlive(Some(KeepAlive::new().interval(zero))),
        SocketOption::KeepAlive(Some(KeepAlive::new().count(0))),
        SocketOption::Ttl(0),
        SocketOption::Ttl(256),
        SocketOption::MulticastTtl(256),
        SocketOption::JoinMulticast(MulticastGroup::new([127, 0, 0, 1])),
    ] {
        let error = stream.set_option(option).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{option:?}");
        let name = option.name().to_string();
        assert!(error.to_string().contains(&name), "{error}");
    }
}

#[tokio::test]
async fn a_keep_alive_time_is_rounded_up_to_whole_seconds() {
    let (stream, _peer) = pair::tcp().await;
    let times = KeepAlive::new()
        .idle(Duration::from_millis(1))
        .interval(Duration::from_millis(1500));
    stream.set_keepalive(Some(times)).unwrap();
    let SocketOption::KeepAlive(Some(read)) = stream.option(OptionName::KeepAlive).unwrap() else {
        panic!("keep-alive is off");
    };
    // Not every system tells.
    if let Some(idle) = read.idle {
        assert_eq!(idle, Duration::from_secs(1));
        assert_eq!(read.interval, Some(Duration::from_secs(2)));
    }
}

#[tokio::test]
async fn a_buffer_of_any_size_can_be_asked_for() {
    let (stream, _peer) = pair::tcp().await;
    for size in [0, 1 << 31, 1 << 32, usize::MAX] {
        let _ = stream.set_option(SocketOption::SendBuffer(size));
        let read = stream.option(OptionName::SendBuffer).unwrap();
        let SocketOption::SendBuffer(read) = read else {
            panic!("{read:?}")
        };
        assert!(size == 0 || read > 64 << 10, "{size} became {read}");
    }
}

#[tokio::test]
async fn a_group_can_be_joined_but_not_read() {
    let socket = udp("127.0.0.1:0").await;
    for name in [OptionName::JoinMulticast, OptionName::LeaveMulticast] {
        let error = socket.option(name).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert!(error.to_string().contains(name.name()), "{error}");
    }
}

#[tokio::test]
async fn a_group_of_another_family_than_the_socket_is_refused_by_name() {
    let groups = [
        MulticastGroup::new([0xff02, 0, 0, 0, 0, 0, 0, 0x7777]),
        MulticastGroup::new([239, 255, 7, 7]),
    ];
    for (address, group) in LOOPBACKS.into_iter().zip(groups) {
        let socket = udp(address).await;
        let error = socket
            .set_option(SocketOption::JoinMulticast(group))
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert!(error.to_string().contains("join_multicast"), "{error}");
    }
}
