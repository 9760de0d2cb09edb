//! Sockets as the guest sees them: TCP and UDP.

mod buffers;
mod options;
mod unix;

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::time::Duration;

use net_run::Policy;

use crate::guest_sockets::{
    At, DATA, DATAGRAM, IOVS, NONBLOCK, OUT, STREAM, UNIX, V4, V6, errno, words,
};
use crate::remote_guest::RemoteGuest;

const LONG: Duration = Duration::from_secs(20);

fn guest() -> RemoteGuest {
    RemoteGuest::new(Policy::loopback())
}

/// A connection between the guest and this test.
fn pair(guest: &mut RemoteGuest) -> (u32, TcpStream) {
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let fd = guest.connected(server.local_addr().unwrap());
    let (stream, _) = server.accept().unwrap();
    stream.set_read_timeout(Some(LONG)).unwrap();
    (fd, stream)
}

/// A port where nobody listens.
fn closed_port() -> std::net::SocketAddr {
    TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
}

#[test]
fn a_nonblocking_connect_is_in_progress_and_then_writable() {
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = server.local_addr().unwrap();
    let mut guest = guest();
    let fd = guest.open_nonblocking(V4, STREAM);
    assert_eq!(guest.connect(fd, at), Err(errno::INPROGRESS));
    guest.wait_for_write(fd);
    assert_eq!(guest.pending_error(fd), 0);
    assert_eq!(guest.peer(fd), Ok(At::Ip(at)));
    assert_eq!(
        guest.connect(fd, at),
        Ok(()),
        "the system tells once that it is done"
    );
    assert_eq!(guest.connect(fd, at), Err(errno::ISCONN));
}

#[test]
fn a_refused_nonblocking_connect_is_told_by_the_pending_error_and_once_only() {
    let mut guest = guest();
    let fd = guest.open_nonblocking(V4, STREAM);
    assert_eq!(guest.connect(fd, closed_port()), Err(errno::INPROGRESS));
    guest.wait_for_write(fd);
    assert_eq!(guest.pending_error(fd), i32::from(errno::CONNREFUSED));
    assert_eq!(guest.pending_error(fd), 0);
    assert_eq!(guest.peer(fd), Err(errno::NOTCONN));
}

#[test]
fn a_refused_blocking_connect_is_econnrefused() {
    let mut guest = guest();
    let fd = guest.open(V4, STREAM).unwrap();
    assert_eq!(guest.connect(fd, closed_port()), Err(errno::CONNREFUSED));
}

#[test]
fn a_nonblocking_accept_without_a_connection_is_eagain() {
    let mut guest = guest();
    let (listener, at) = guest.listener("127.0.0.1:0");
    guest.set_nonblocking(listener, true).unwrap();
    assert_eq!(guest.accept(listener), Err(errno::AGAIN));
    let client = TcpStream::connect(at).unwrap();
    guest.wait_for_read(listener);
    let accepted = guest.accept(listener).unwrap();
    assert_eq!(
        guest.peer(accepted),
        Ok(At::Ip(client.local_addr().unwrap()))
    );
    assert_eq!(guest.local(accepted), Ok(At::Ip(at)));
}

#[test]
fn a_blocking_accept_waits_for_a_connection() {
    let mut guest = guest();
    let (listener, at) = guest.listener("127.0.0.1:0");
    guest.begin("sock_accept/3", &[listener, 0, OUT]);
    assert!(guest.is_blocked());
    let _client = TcpStream::connect(at).unwrap();
    assert_eq!(guest.finish(LONG), Ok(0));
}

#[test]
fn the_flag_of_an_accept_is_for_the_new_socket_and_not_for_the_listener() {
    let mut guest = guest();
    let (listener, at) = guest.listener("127.0.0.1:0");
    let clients = [
        TcpStream::connect(at).unwrap(),
        TcpStream::connect(at).unwrap(),
    ];
    assert_eq!(guest.call("sock_accept/3", &[listener, NONBLOCK, OUT]), 0);
    let waits_not = guest.u32(OUT);
    assert_eq!(guest.recv(waits_not, 8), Err(errno::AGAIN));
    let waits = guest.accept(listener).unwrap();
    guest.write(IOVS, &words(&[DATA, 8]));
    guest.begin("sock_recv/6", &[waits, IOVS, 1, 0, OUT, OUT + 4]);
    assert!(guest.is_blocked());
    drop(clients);
    assert_eq!(guest.finish(LONG), Ok(0));
    guest.begin("sock_accept/3", &[listener, 0, OUT]);
    assert!(guest.is_blocked(), "the listener still waits");
}

#[test]
fn other_flags_of_an_accept_are_invalid() {
    let mut guest = guest();
    let (listener, _) = guest.listener("127.0.0.1:0");
    for flags in [1, 2, 8, u32::MAX] {
        let tried = guest.call("sock_accept/3", &[listener, flags, OUT]);
        assert_eq!(tried, errno::INVAL.into(), "{flags}");
    }
}

#[test]
fn a_nonblocking_recv_without_data_is_eagain_and_a_blocking_one_waits() {
    let mut guest = guest();
    let (fd, mut peer) = pair(&mut guest);
    guest.set_nonblocking(fd, true).unwrap();
    assert_eq!(guest.recv(fd, 8), Err(errno::AGAIN));
    guest.set_nonblocking(fd, false).unwrap();
    guest.write(IOVS, &words(&[DATA, 8]));
    guest.begin("sock_recv/6", &[fd, IOVS, 1, 0, OUT, OUT + 4]);
    assert!(guest.is_blocked());
    peer.write_all(b"data").unwrap();
    assert_eq!(guest.finish(LONG), Ok(0));
    assert_eq!(guest.read(DATA, 4), b"data");
}

#[test]
fn a_half_closed_connection_still_carries_data_the_other_way() {
    let mut guest = guest();
    let (fd, mut peer) = pair(&mut guest);
    peer.shutdown(std::net::Shutdown::Write).unwrap();
    assert_eq!(guest.recv(fd, 8), Ok(Vec::new()));
    guest.send(fd, b"still").unwrap();
    guest.shutdown(fd, 2).unwrap();
    let mut heard = String::new();
    peer.read_to_string(&mut heard).unwrap();
    assert_eq!(heard, "still");
}

#[test]
fn a_shutdown_that_makes_no_sense_is_an_error() {
    let mut guest = guest();
    let unconnected = guest.open(V4, STREAM).unwrap();
    assert_eq!(guest.shutdown(unconnected, 3), Err(errno::NOTCONN));
    let (fd, _peer) = pair(&mut guest);
    for how in [0, 4, u32::MAX] {
        assert_eq!(guest.shutdown(fd, how), Err(errno::INVAL), "{how}");
    }
    guest.shutdown(fd, 2).unwrap();
    assert_eq!(guest.send(fd, b"late"), Err(errno::PIPE));
    guest.shutdown(fd, 1).unwrap();
    assert_eq!(guest.recv(fd, 8), Ok(Vec::new()));
}

#[test]
fn a_write_to_a_closed_peer_is_epipe_and_kills_nobody() {
    let mut guest = guest();
    let (fd, peer) = pair(&mut guest);
    drop(peer);
    guest.write(DATA, b"hello");
    guest.write(IOVS, &words(&[DATA, 5]));
    // The first is answered by a reset, of which the next one tells.
    let tries = (0..100).map(|_| {
        std::thread::sleep(Duration::from_millis(5));
        guest.call("fd_write/4", &[fd, IOVS, 1, OUT])
    });
    let failed = tries.into_iter().find(|errno| *errno != 0).unwrap();
    assert!(
        [errno::PIPE, errno::CONNRESET]
            .map(u32::from)
            .contains(&failed),
        "{failed}"
    );
}

#[test]
fn a_socket_of_ipv6_has_addresses_of_ipv6() {
    let mut guest = guest();
    let (listener, at) = guest.listener("[::1]:0");
    let client = TcpStream::connect(at).unwrap();
    let accepted = guest.accept(listener).unwrap();
    assert_eq!(
        guest.peer(accepted),
        Ok(At::Ip(client.local_addr().unwrap()))
    );
    // V1 tells the version of IP.
    guest.clear_address();
    let args = [accepted, crate::guest_sockets::ADDRESS, OUT, OUT + 4];
    assert_eq!(guest.call("sock_getpeeraddr/4", &args), 0);
    assert_eq!(guest.u32(OUT), 6);
    let udp = UdpSocket::bind("[::1]:0").unwrap();
    let fd = guest.open(V6, DATAGRAM).unwrap();
    guest
        .send_to(fd, b"hello", udp.local_addr().unwrap())
        .unwrap();
    let (_, from) = udp.recv_from(&mut [0; 8]).unwrap();
    udp.send_to(b"answer", from).unwrap();
    let received = guest.recv_from(fd, 64).unwrap();
    assert_eq!(received.from, Some(udp.local_addr().unwrap().into()));
}

#[test]
fn a_socket_on_all_addresses_takes_ipv4_unless_it_is_told_not_to() {
    for v6_only in [0, 1] {
        let mut guest = RemoteGuest::new(Policy::allow_all());
        let listener = guest.open(V6, STREAM).unwrap();
        guest.set_option(listener, 41, 26, v6_only).unwrap();
        guest.bind(listener, "[::]:0").unwrap();
        guest.listen(listener).unwrap();
        let port = guest.ip(listener).port();
        let client = TcpStream::connect(("127.0.0.1", port));
        assert_eq!(client.is_ok(), v6_only == 0);
        if let Ok(client) = client {
            let accepted = guest.accept(listener).unwrap();
            let at = client.local_addr().unwrap();
            let mapped = format!("[::ffff:127.0.0.1]:{}", at.port());
            assert_eq!(guest.peer(accepted), Ok(At::from(mapped)));
        }
    }
}

#[test]
fn a_refused_datagram_is_told_by_the_next_call() {
    let mut guest = guest();
    let fd = guest.open(V4, DATAGRAM).unwrap();
    let at = UdpSocket::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    guest.connect(fd, at).unwrap();
    guest.send(fd, b"hello").unwrap();
    assert_eq!(guest.recv(fd, 8), Err(errno::CONNREFUSED));
}

#[test]
fn a_descriptor_that_is_none_is_ebadf_and_a_stream_is_no_socket() {
    let mut guest = guest();
    let fd = guest.open(V4, STREAM).unwrap();
    guest.close(fd).unwrap();
    assert_eq!(guest.close(fd), Err(errno::BADF));
    for (none, expected) in [
        (fd, errno::BADF),
        (fd + 1, errno::BADF),
        (u32::MAX, errno::BADF),
        (7, errno::BADF),
        (0, errno::NOTSOCK),
        (2, errno::NOTSOCK),
    ] {
        assert_eq!(guest.listen(none), Err(expected), "{none}");
        assert_eq!(guest.recv(none, 8), Err(expected), "{none}");
        assert_eq!(guest.send(none, b"x"), Err(expected), "{none}");
        assert_eq!(guest.connect(none, "127.0.0.1:9"), Err(expected), "{none}");
        assert_eq!(guest.accept(none), Err(expected), "{none}");
        assert_eq!(guest.local(none), Err(expected), "{none}");
        assert_eq!(guest.option(none, 0, 2), Err(expected), "{none}");
    }
}

#[test]
fn families_and_types_that_do_not_exist_are_invalid() {
    let mut guest = guest();
    for (family, kind) in [
        (0, STREAM),
        (4, STREAM),
        (V4, 0),
        (V4, 3),
        (u32::MAX, DATAGRAM),
    ] {
        assert_eq!(
            guest.open(family, kind),
            Err(errno::INVAL),
            "{family} {kind}"
        );
    }
    let v4 = guest.open(V4, STREAM).unwrap();
    assert_eq!(guest.connect(v4, "[::1]:9"), Err(errno::AFNOSUPPORT));
    let datagram = guest.open(V4, DATAGRAM).unwrap();
    guest.bind(datagram, "127.0.0.1:0").unwrap();
    assert_eq!(guest.listen(datagram), Err(errno::NOTSUP));
    assert_eq!(guest.accept(datagram), Err(errno::NOTSUP));
    let unix = guest.open(UNIX, STREAM).unwrap();
    assert!(guest.bind(unix, "127.0.0.1:0").is_err());
}

#[test]
fn standard_calls_know_sockets() {
    let mut guest = guest();
    let (fd, mut peer) = pair(&mut guest);
    let datagram = guest.open_nonblocking(V4, DATAGRAM);
    for (fd, kind, flags) in [(fd, 6, 0), (datagram, 5, 4)] {
        assert_eq!(guest.call("fd_fdstat_get/2", &[fd, OUT]), 0);
        let stat = guest.read(OUT, 24);
        assert_eq!((stat[0], stat[2]), (kind, flags));
        assert_eq!(
            u64::from_le_bytes(*stat[8..].first_chunk().unwrap()),
            0x3800_004a
        );
        assert_eq!(guest.call("fd_filestat_get/2", &[fd, OUT]), 0);
        assert_eq!(guest.read(OUT + 16, 1), [kind]);
    }
    assert_eq!(
        guest.call("fd_fdstat_set_flags/2", &[fd, 1]),
        errno::INVAL.into()
    );
    assert_eq!(
        guest.call("fd_renumber/2", &[fd, datagram]),
        errno::NOTSUP.into()
    );
    peer.write_all(b"data").unwrap();
    // One buffer is enough for a read, an empty one is not.
    guest.write(IOVS, &words(&[DATA, 0, DATA, 2, DATA + 2, 2]));
    assert_eq!(guest.call("fd_read/4", &[fd, IOVS, 3, OUT]), 0);
    assert_eq!(guest.u32(OUT), 2);
    assert_eq!(guest.recv(fd, 8), Ok(b"ta".to_vec()));
}
