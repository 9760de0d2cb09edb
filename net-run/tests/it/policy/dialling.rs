//! Connecting, sending, and what may be heard in answer.

use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::thread;
use std::time::Duration;

use net_run::Policy;

use super::{connect_to, denies, denies_until_allowed, policy, send_to};
use crate::guest_sockets::{At, DATA, DATAGRAM, OUT, PEEK, STREAM, V4, V6, errno};
use crate::remote_guest::RemoteGuest;

/// A listener of this machine, and its port.
fn server(at: &str) -> (TcpListener, u16) {
    let server = TcpListener::bind(at).expect("a listener");
    let port = server.local_addr().expect("an address").port();
    (server, port)
}

fn receiver() -> (UdpSocket, SocketAddr) {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a socket");
    let at = socket.local_addr().expect("an address");
    (socket, at)
}

fn allow(at: SocketAddr) -> Policy {
    policy(&[&format!("--allow-net={at}")])
}

#[test]
fn a_denied_connect_is_eacces_and_names_the_flag() {
    let (_server, port) = server("127.0.0.1:0");
    denies_until_allowed(
        Policy::deny_all(),
        &format!(
            "connect tcp 127.0.0.1:{port} is denied; \
             allow it with --allow-net=127.0.0.1:{port}"
        ),
        &connect_to(format!("127.0.0.1:{port}")),
    );
}

#[test]
fn a_denied_connect_of_ipv6_is_eacces_and_names_the_flag() {
    let (_server, port) = server("[::1]:0");
    denies_until_allowed(
        policy(&["--allow-net=127.0.0.0/8"]),
        &format!("connect tcp [::1]:{port} is denied; allow it with --allow-net=[::1]:{port}"),
        &connect_to(format!("[::1]:{port}")),
    );
}

#[test]
fn a_rule_for_one_port_is_not_one_for_another() {
    let (_server, port) = server("127.0.0.1:0");
    let (_other, other) = server("127.0.0.1:0");
    denies_until_allowed(
        policy(&[&format!("--allow-net=127.0.0.1:{other}")]),
        &format!(
            "connect tcp 127.0.0.1:{port} is denied; \
             allow it with --allow-net=127.0.0.1:{port}"
        ),
        &connect_to(format!("127.0.0.1:{port}")),
    );
}

#[test]
fn the_unspecified_address_is_dialled_and_checked_as_this_machine() {
    let (_server, port) = server("127.0.0.1:0");
    let words = format!(
        "connect tcp 0.0.0.0:{port} (127.0.0.1) is denied; \
         allow it with --allow-net=127.0.0.1:{port}"
    );
    denies_until_allowed(
        policy(&["--allow-net=10.0.0.0/8"]),
        &words,
        &connect_to(format!("0.0.0.0:{port}")),
    );
    let (_server, port) = server("[::1]:0");
    let words =
        format!("connect tcp [::]:{port} (::1) is denied; allow it with --allow-net=[::1]:{port}");
    denies_until_allowed(
        Policy::deny_all(),
        &words,
        &connect_to(format!("[::]:{port}")),
    );
}

#[test]
fn a_mapped_address_is_checked_as_the_ipv4_address_that_it_is() {
    let (_server, port) = server("127.0.0.1:0");
    denies_until_allowed(
        policy(&["--allow-net=[::/0]"]),
        &format!(
            "connect tcp [::ffff:127.0.0.1]:{port} (127.0.0.1) is denied; \
             allow it with --allow-net=127.0.0.1:{port}"
        ),
        &connect_to(format!("[::ffff:127.0.0.1]:{port}")),
    );
}

#[test]
fn a_mapped_unspecified_address_is_this_machine_as_well() {
    let (_server, port) = server("127.0.0.1:0");
    denies_until_allowed(
        Policy::deny_all(),
        &format!(
            "connect tcp [::ffff:0.0.0.0]:{port} (127.0.0.1) is denied; \
             allow it with --allow-net=127.0.0.1:{port}"
        ),
        &connect_to(format!("[::ffff:0.0.0.0]:{port}")),
    );
}

#[test]
fn deny_wins_over_allow() {
    let (_server, port) = server("127.0.0.1:0");
    let rule: net_run::NetRule = format!("127.0.0.1:{port}").parse().unwrap();
    let words = format!("connect tcp 127.0.0.1:{port} is denied by --deny-net={rule}");
    for allowing in [
        Policy::allow_all(),
        Policy::loopback(),
        allow(([127, 0, 0, 1], port).into()),
    ] {
        let attempt = connect_to(format!("127.0.0.1:{port}"));
        denies(allowing.deny_net(rule.clone()), &words, &attempt);
    }
}

#[test]
fn a_denied_address_is_denied_in_every_spelling() {
    let (_server, port) = server("127.0.0.1:0");
    let policy = Policy::allow_all().deny_net("127.0.0.1".parse().unwrap());
    for (ip, meaning) in [
        ("0.0.0.0", " (127.0.0.1)"),
        ("[::ffff:127.0.0.1]", " (127.0.0.1)"),
        ("[::ffff:0.0.0.0]", " (127.0.0.1)"),
        // Gateways would carry these there.
        ("[64:ff9b::7f00:1]", ""),
        ("[2002:7f00:1::]", ""),
    ] {
        let words = format!("connect tcp {ip}:{port}{meaning} is denied by --deny-net=127.0.0.1");
        denies(policy.clone(), &words, &connect_to(format!("{ip}:{port}")));
    }
}

#[test]
fn a_datagram_of_an_unbound_socket_is_checked() {
    let (server, at) = receiver();
    denies_until_allowed(
        Policy::deny_all(),
        &format!("send udp {at} is denied; allow it with --allow-net={at}"),
        &send_to(at),
    );
    // Only the one that was allowed at the end.
    server.set_nonblocking(true).unwrap();
    let mut buf = [0; 8];
    assert_eq!(server.recv(&mut buf).unwrap(), 5);
    assert!(server.recv(&mut buf).is_err());
}

#[test]
fn a_datagram_of_a_connected_socket_is_checked_where_it_goes_elsewhere() {
    let (_allowed, allowed_at) = receiver();
    let (denied, denied_at) = receiver();
    let mut guest = RemoteGuest::new(allow(allowed_at));
    let fd = guest.open(V4, DATAGRAM).unwrap();
    assert_eq!(guest.connect(fd, denied_at), Err(errno::ACCES));
    guest.connect(fd, allowed_at).unwrap();
    for _ in 0..100 {
        assert_eq!(guest.send_to(fd, b"hello", denied_at), Err(errno::ACCES));
    }
    let flag = format!("--allow-net={denied_at}");
    assert_eq!(
        guest.notices(),
        [
            format!("connect udp {denied_at} is denied; allow it with {flag}"),
            format!("send udp {denied_at} is denied; allow it with {flag}"),
        ]
    );
    denied.set_nonblocking(true).unwrap();
    assert!(denied.recv(&mut [0; 8]).is_err());
}

/// A guest's socket that may send to one address, and has done so; where it
/// is reached.
fn client(guest: &mut RemoteGuest, server: &UdpSocket) -> (u32, SocketAddr) {
    let fd = guest.open(V4, DATAGRAM).unwrap();
    guest
        .send_to(fd, b"hello", server.local_addr().unwrap())
        .unwrap();
    let (_, at) = server.recv_from(&mut [0; 8]).unwrap();
    (fd, at)
}

#[test]
fn a_client_does_not_see_datagrams_from_elsewhere() {
    let (server, server_at) = receiver();
    let (other, _) = receiver();
    let mut guest = RemoteGuest::new(allow(server_at));
    let (fd, at) = client(&mut guest, &server);
    guest.set_nonblocking(fd, true).unwrap();
    let secret = b"secret!";
    for flags in [0, PEEK] {
        other.send_to(secret, at).unwrap();
        assert_eq!(guest.recv_with(fd, 64, flags), Err(errno::AGAIN));
        assert_eq!(
            guest.read(DATA, 7),
            [0; 7],
            "its bytes are not there either"
        );
    }
    other.send_to(secret, at).unwrap();
    assert_eq!(guest.recv_from(fd, 64), Err(errno::AGAIN));
    other.send_to(secret, at).unwrap();
    let args = [fd, crate::guest_sockets::IOVS, 1, OUT];
    assert_eq!(guest.call("fd_read/4", &args), errno::AGAIN.into());
    // And they do not stand in the way of others.
    other.send_to(secret, at).unwrap();
    other.send_to(secret, at).unwrap();
    server.send_to(b"answer", at).unwrap();
    let received = guest.recv_from(fd, 64).unwrap();
    assert_eq!(received.bytes, b"answer");
    assert_eq!(received.from, Some(At::Ip(server_at)));
    assert_eq!(guest.notices(), [""; 0], "the guest did nothing wrong");
}

#[test]
fn a_client_that_waits_is_not_woken_by_datagrams_from_elsewhere() {
    let (server, server_at) = receiver();
    let (other, _) = receiver();
    let mut guest = RemoteGuest::new(allow(server_at));
    let (fd, at) = client(&mut guest, &server);
    guest.write(
        crate::guest_sockets::IOVS,
        &crate::guest_sockets::words(&[DATA, 64]),
    );
    guest.begin(
        "sock_recv/6",
        &[fd, crate::guest_sockets::IOVS, 1, 0, OUT, OUT + 4],
    );
    other.send_to(b"elsewhere", at).unwrap();
    assert!(guest.is_blocked());
    server.send_to(b"answer", at).unwrap();
    assert_eq!(guest.finish(Duration::from_secs(20)), Ok(0));
    assert_eq!(guest.read(DATA, 6), b"answer");
}

#[test]
fn datagrams_from_elsewhere_do_not_prolong_a_timeout() {
    let (server, server_at) = receiver();
    let (other, _) = receiver();
    let mut guest = RemoteGuest::new(allow(server_at));
    let (fd, at) = client(&mut guest, &server);
    let mut timeout = [0; 16];
    timeout[8..].copy_from_slice(&300_000_i64.to_le_bytes());
    guest.set_option_bytes(fd, 0, 11, &timeout).unwrap();
    guest.write(
        crate::guest_sockets::IOVS,
        &crate::guest_sockets::words(&[DATA, 64]),
    );
    guest.begin(
        "sock_recv/6",
        &[fd, crate::guest_sockets::IOVS, 1, 0, OUT, OUT + 4],
    );
    let noise = thread::spawn(move || {
        for _ in 0..60 {
            // When the guest has closed its socket, nobody hears it.
            let _ = other.send_to(b"elsewhere", at);
            thread::sleep(Duration::from_millis(50));
        }
    });
    let ended = guest.finish(Duration::from_secs(2));
    noise.join().unwrap();
    assert_eq!(ended, Ok(errno::AGAIN.into()));
}

#[test]
fn no_socket_is_bound_to_a_device() {
    let mut guest = RemoteGuest::new(Policy::allow_all());
    for (family, kind) in [(V4, STREAM), (V6, DATAGRAM)] {
        let fd = guest.open(family, kind).unwrap();
        assert_eq!(guest.set_option_bytes(fd, 0, 14, b"lo"), Err(errno::ACCES));
        assert_eq!(guest.set_option_bytes(fd, 0, 14, b""), Err(errno::ACCES));
        assert_eq!(guest.option_bytes(fd, 0, 14, 16), Err(errno::ACCES));
    }
    let told = ["binding a socket to a device (SO_BINDTODEVICE) is never allowed"];
    assert_eq!(guest.notices(), told);
}
