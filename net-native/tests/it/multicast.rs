//! Multicast groups on the loopback interface.

use std::io::ErrorKind;
use std::net::{IpAddr, SocketAddr, SocketAddrV6};
use std::time::Duration;

use net_native::{Native, PacketConn};
use net_traits::{Backend, Endpoint, MulticastGroup, PacketConn as _, SocketOption, SocketOptions};
use tokio::time::timeout;

use crate::pair::endpoint;

async fn receives(socket: &PacketConn, within: Duration) -> bool {
    let mut buf = [0; 16];
    let received = timeout(within, socket.recv_from(&mut buf)).await;
    received.is_ok_and(|received| received.unwrap().len == 5)
}

/// An interface with an IPv6 route for groups, which Linux's loopback is not.
fn interface_of_v6() -> Option<String> {
    let Ok(list) = std::fs::read_to_string("/proc/net/if_inet6") else {
        return Some("lo0".to_owned());
    };
    let mut lines = list.lines().map(str::split_whitespace);
    lines.find_map(|mut words| {
        (words.nth(3)? == "20")
            .then(|| words.nth(1))?
            .map(str::to_owned)
    })
}

async fn ensure_received(any: &str, from: &str, group: IpAddr, interface: &str) {
    let native = Native::new();
    let Ok(interface) = native.zone_index(interface) else {
        return println!("skipped: no interface {interface}");
    };
    let group = MulticastGroup::new(group).interface(interface);
    let options = SocketOptions::new().with(SocketOption::JoinMulticast(group));
    let member = native.packet(Some(&endpoint(any)), None, &options).await;
    let member = member.unwrap();
    let port = member.local_addr().unwrap().port().unwrap();
    let target: Endpoint = match group.address {
        IpAddr::V4(_) => SocketAddr::new(group.address, port).into(),
        IpAddr::V6(address) => {
            SocketAddr::from(SocketAddrV6::new(address, port, 0, interface)).into()
        }
    };
    // Nothing leaves this machine.
    let options = SocketOptions::new().with(SocketOption::MulticastTtl(0));
    let sender = native.packet(Some(&endpoint(from)), None, &options).await;
    let sender = sender.unwrap();
    match sender.send_to(b"hello", &target).await {
        Ok(_) => {}
        Err(error) if error.kind() == ErrorKind::NetworkUnreachable => {
            return println!("skipped: {error}");
        }
        Err(error) => panic!("{error}"),
    }
    assert!(receives(&member, Duration::from_secs(10)).await);

    let leave = SocketOption::LeaveMulticast(group);
    member.set_option(leave).unwrap();
    sender.send_to(b"hello", &target).await.unwrap();
    assert!(!receives(&member, Duration::from_millis(300)).await);
    member.set_option(leave).unwrap_err();
}

#[tokio::test]
async fn a_member_of_an_ipv4_group_receives_until_it_leaves() {
    let group = [239, 255, 77, 77].into();
    let loopback = if cfg!(target_os = "macos") {
        "lo0"
    } else {
        "lo"
    };
    ensure_received("0.0.0.0:0", "127.0.0.1:0", group, loopback).await;
}

#[tokio::test]
async fn a_member_of_an_ipv6_group_receives_until_it_leaves() {
    let group = [0xff02, 0, 0, 0, 0, 0, 0x77, 0x77].into();
    match interface_of_v6() {
        Some(interface) => ensure_received("[::]:0", "[::]:0", group, &interface).await,
        None => println!("skipped: no interface with IPv6"),
    }
}
