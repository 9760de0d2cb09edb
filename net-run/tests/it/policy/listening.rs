//! Binding and listening.

use std::net::{TcpListener, TcpStream, UdpSocket};

use net_run::Policy;

use super::{bind_to, denies_until_allowed, policy};
use crate::guest_sockets::{DATAGRAM, STREAM, V4, V6, errno};
use crate::remote_guest::RemoteGuest;

/// A port that nobody has just now.
fn free_port() -> u16 {
    let listener = TcpListener::bind("[::]:0").expect("a listener");
    listener.local_addr().expect("an address").port()
}

#[test]
fn a_denied_bind_is_eacces_and_names_the_flag() {
    let port = free_port();
    for (kind, network) in [(STREAM, "tcp"), (DATAGRAM, "udp")] {
        denies_until_allowed(
            Policy::deny_all(),
            &format!(
                "bind {network} 127.0.0.1:{port} is denied; \
                 allow it with --allow-listen=127.0.0.1:{port}"
            ),
            &bind_to(kind, format!("127.0.0.1:{port}")),
        );
    }
}

#[test]
fn a_rule_for_loopback_does_not_cover_all_addresses() {
    let port = free_port();
    for all in ["0.0.0.0", "[::]"] {
        denies_until_allowed(
            Policy::loopback(),
            &format!("bind tcp {all}:{port} is denied; allow it with --allow-listen={all}:{port}"),
            &bind_to(STREAM, format!("{all}:{port}")),
        );
    }
}

#[test]
fn a_rule_for_all_addresses_does_not_cover_loopback() {
    let port = free_port();
    denies_until_allowed(
        policy(&["--allow-listen=0.0.0.0", "--allow-listen=[::]"]),
        &format!(
            "bind tcp 127.0.0.1:{port} is denied; \
             allow it with --allow-listen=127.0.0.1:{port}"
        ),
        &bind_to(STREAM, format!("127.0.0.1:{port}")),
    );
}

#[test]
fn a_bind_to_a_mapped_address_is_one_to_the_ipv4_address() {
    let port = free_port();
    denies_until_allowed(
        policy(&["--allow-listen=[::/0]"]),
        &format!(
            "bind tcp [::ffff:127.0.0.1]:{port} (127.0.0.1) is denied; \
             allow it with --allow-listen=127.0.0.1:{port}"
        ),
        &bind_to(STREAM, format!("[::ffff:127.0.0.1]:{port}")),
    );
}

#[test]
fn a_rule_for_port_0_lets_the_system_choose_and_nobody_else() {
    let port = free_port();
    let chosen = policy(&["--allow-listen=127.0.0.1:0"]);
    let mut guest = RemoteGuest::new(chosen.clone());
    let (_, at) = guest.listener("127.0.0.1:0");
    TcpStream::connect(at).expect("it listens");
    denies_until_allowed(
        chosen,
        &format!(
            "bind tcp 127.0.0.1:{port} is denied; \
             allow it with --allow-listen=127.0.0.1:{port}"
        ),
        &bind_to(STREAM, format!("127.0.0.1:{port}")),
    );
    denies_until_allowed(
        policy(&[&format!("--allow-listen=127.0.0.1:{port}")]),
        "bind tcp 127.0.0.1:0 is denied; allow it with --allow-listen=127.0.0.1:0",
        &bind_to(STREAM, "127.0.0.1:0"),
    );
}

#[test]
fn to_listen_on_an_unbound_socket_needs_a_rule() {
    for (family, all) in [(V4, "0.0.0.0:0"), (V6, "[::]:0")] {
        denies_until_allowed(
            Policy::loopback(),
            &format!("listen tcp {all} is denied; allow it with --allow-listen={all}"),
            &|guest| {
                let fd = guest.open(family, STREAM)?;
                let listening = guest.listen(fd);
                guest.close(fd).and(listening)
            },
        );
    }
}

#[test]
fn to_listen_where_a_client_is_bound_needs_a_rule() {
    for (family, client, all) in [
        (V4, "0.0.0.0:0", "0.0.0.0:0"),
        (V6, "[::]:0", "[::]:0"),
        (V6, "[::ffff:0.0.0.0]:0", "[::]:0"),
    ] {
        denies_until_allowed(
            Policy::loopback(),
            &format!("listen tcp {all} is denied; allow it with --allow-listen={all}"),
            &|guest| {
                let fd = guest.open(family, STREAM)?;
                guest.bind(fd, client).expect("as every client is");
                let listening = guest.listen(fd);
                guest.close(fd).and(listening)
            },
        );
    }
}

#[test]
fn a_refused_bind_leaves_the_socket_unbound() {
    let port = free_port();
    let mut guest = RemoteGuest::new(policy(&["--allow-listen=127.0.0.1:0"]));
    let fd = guest.open(V4, STREAM).unwrap();
    assert_eq!(guest.bind(fd, format!("0.0.0.0:{port}")), Err(errno::ACCES));
    assert_eq!(guest.ip(fd).port(), 0);
    assert_eq!(guest.listen(fd), Err(errno::ACCES));
}

#[test]
fn a_failed_bind_grants_nothing() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut guest = RemoteGuest::new(policy(&["--allow-listen=127.0.0.1"]));
    let fd = guest.open(V4, STREAM).unwrap();
    let at = taken.local_addr().unwrap();
    assert_eq!(guest.bind(fd, at), Err(errno::ADDRINUSE));
    assert_eq!(guest.listen(fd), Err(errno::ACCES));
}

#[test]
fn an_accepted_connection_needs_no_rule_to_answer() {
    let mut guest = RemoteGuest::new(policy(&["--allow-listen=127.0.0.1:0"]));
    let (listener, at) = guest.listener("127.0.0.1:0");
    let mut client = TcpStream::connect(at).unwrap();
    let accepted = guest.accept(listener).unwrap();
    guest.send(accepted, b"hello").unwrap();
    let mut buf = [0; 5];
    std::io::Read::read_exact(&mut client, &mut buf).unwrap();
    assert_eq!(&buf, b"hello");
}

#[test]
fn a_server_of_datagrams_hears_everyone_and_answers_where_it_may() {
    let client = UdpSocket::bind("127.0.0.1:0").unwrap();
    let client_at = client.local_addr().unwrap();
    let mut guest = RemoteGuest::new(policy(&["--allow-listen=127.0.0.1:0"]));
    let fd = guest.open(V4, DATAGRAM).unwrap();
    guest.bind(fd, "127.0.0.1:0").unwrap();
    let at = guest.ip(fd);
    client.send_to(b"question", at).unwrap();
    let received = guest.recv_from(fd, 64).unwrap();
    assert_eq!(received.bytes, b"question");
    assert_eq!(received.from, Some(client_at.into()));
    assert_eq!(guest.send_to(fd, b"answer", client_at), Err(errno::ACCES));
    let flag = format!("--allow-net={client_at}");
    assert_eq!(
        guest.notices(),
        [format!(
            "send udp {client_at} is denied; allow it with {flag}"
        )]
    );
}
