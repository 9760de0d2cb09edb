//! What comes where in the guest's memory.

use std::io::{Read, Write};
use std::net::UdpSocket;

use super::{LONG, guest, pair};
use crate::guest_sockets::{
    ADDRESS, DATA, DATAGRAM, IOVS, OUT, PEEK, STORAGE, STREAM, V4, WAIT_ALL, errno, words,
};
use crate::remote_guest::{MEMORY_LEN, RemoteGuest};

/// A socket for datagrams of the guest, and one of this test that sends to it.
fn datagrams(guest: &mut RemoteGuest) -> (u32, UdpSocket) {
    let fd = guest.open_nonblocking(V4, DATAGRAM);
    guest.bind(fd, "127.0.0.1:0").unwrap();
    let other = UdpSocket::bind("127.0.0.1:0").unwrap();
    other.connect(guest.ip(fd)).unwrap();
    (fd, other)
}

#[test]
fn to_wait_for_all_waits_for_all() {
    let mut guest = guest();
    let (fd, mut peer) = pair(&mut guest);
    guest.write(IOVS, &words(&[DATA, 10]));
    guest.begin("sock_recv/6", &[fd, IOVS, 1, WAIT_ALL, OUT, OUT + 4]);
    peer.write_all(b"0123").unwrap();
    assert!(guest.is_blocked());
    peer.write_all(b"456789abc").unwrap();
    assert_eq!(guest.finish(LONG), Ok(0));
    assert_eq!(guest.u32(OUT), 10);
    assert_eq!(guest.read(DATA, 10), b"0123456789");
    assert_eq!(guest.recv(fd, 8), Ok(b"abc".to_vec()));
}

#[test]
fn to_wait_for_all_ends_with_the_stream() {
    let mut guest = guest();
    let (fd, mut peer) = pair(&mut guest);
    peer.write_all(b"0123").unwrap();
    drop(peer);
    let received = guest.recv_with(fd, 10, WAIT_ALL).unwrap();
    assert_eq!(received.bytes, b"0123");
    assert_eq!(guest.recv_with(fd, 10, WAIT_ALL).unwrap().bytes, b"");
}

#[test]
fn to_wait_for_all_means_nothing_to_a_socket_that_does_not_wait() {
    let mut guest = guest();
    let (fd, mut peer) = pair(&mut guest);
    guest.set_nonblocking(fd, true).unwrap();
    peer.write_all(b"0123").unwrap();
    guest.wait_for_read(fd);
    assert_eq!(guest.recv_with(fd, 10, WAIT_ALL).unwrap().bytes, b"0123");
    assert_eq!(guest.recv_with(fd, 10, WAIT_ALL), Err(errno::AGAIN));
}

#[test]
fn to_peek_leaves_the_data_there() {
    let mut guest = guest();
    let (fd, mut peer) = pair(&mut guest);
    peer.write_all(b"0123").unwrap();
    for _ in 0..3 {
        assert_eq!(guest.recv_with(fd, 2, PEEK).unwrap().bytes, b"01");
    }
    assert_eq!(guest.recv(fd, 8), Ok(b"0123".to_vec()));
}

#[test]
fn a_datagram_that_is_too_long_is_cut_and_said_to_be() {
    let mut guest = guest();
    let (fd, other) = datagrams(&mut guest);
    other.send(b"0123456789").unwrap();
    other.send(b"next").unwrap();
    let peeked = guest.recv_with(fd, 4, PEEK).unwrap();
    assert_eq!((peeked.bytes, peeked.truncated), (b"0123".to_vec(), true));
    let cut = guest.recv_from(fd, 4).unwrap();
    assert_eq!((cut.bytes, cut.truncated), (b"0123".to_vec(), true));
    let whole = guest.recv_from(fd, 4).unwrap();
    assert_eq!((whole.bytes, whole.truncated), (b"next".to_vec(), false));
}

#[test]
fn an_empty_datagram_is_one() {
    let mut guest = guest();
    let (fd, other) = datagrams(&mut guest);
    other.send(b"").unwrap();
    let received = guest.recv_from(fd, 4).unwrap();
    assert_eq!((received.bytes.len(), received.truncated), (0, false));
    assert_eq!(received.from, Some(other.local_addr().unwrap().into()));
    assert_eq!(guest.recv_from(fd, 4), Err(errno::AGAIN));
    assert_eq!(guest.send_to(fd, b"", other.local_addr().unwrap()), Ok(0));
    assert_eq!(other.recv(&mut [0; 4]).unwrap(), 0);
}

#[test]
fn a_datagram_that_the_system_cannot_send_is_emsgsize() {
    let mut guest = guest();
    let (fd, other) = datagrams(&mut guest);
    let at = other.local_addr().unwrap();
    assert_eq!(guest.send_to(fd, &vec![0; 70_000], at), Err(errno::MSGSIZE));
}

#[test]
fn several_buffers_are_sent_in_their_order_and_may_be_one() {
    let mut guest = guest();
    let (fd, mut peer) = pair(&mut guest);
    guest.write(DATA, b"abcdef");
    guest.write(
        IOVS,
        &words(&[DATA + 4, 2, DATA, 2, 0, 0, DATA, 6, DATA, 2]),
    );
    assert_eq!(guest.call("sock_send/5", &[fd, IOVS, 5, 0, OUT]), 0);
    assert_eq!(guest.u32(OUT), 12);
    let mut heard = [0; 12];
    peer.read_exact(&mut heard).unwrap();
    assert_eq!(&heard, b"efababcdefab");
}

#[test]
fn several_buffers_are_filled_in_their_order_and_may_overlap() {
    let mut guest = guest();
    let (fd, mut peer) = pair(&mut guest);
    guest.write(DATA, b"..........");
    peer.write_all(b"abcdefg").unwrap();
    guest.wait_for_read(fd);
    guest.write(
        IOVS,
        &words(&[DATA + 2, 3, DATA + 4, 0, DATA + 3, 2, DATA + 8, 100]),
    );
    assert_eq!(
        guest.call("sock_recv/6", &[fd, IOVS, 4, 0, OUT, OUT + 4]),
        0
    );
    assert_eq!(guest.u32(OUT), 7);
    assert_eq!(guest.read(DATA, 10), b"..ade...fg");
}

#[test]
fn a_wrong_pointer_is_a_fault_and_loses_no_data() {
    let mut guest = guest();
    let (fd, mut peer) = pair(&mut guest);
    peer.write_all(b"data").unwrap();
    guest.wait_for_read(fd);
    guest.write(IOVS, &words(&[DATA, 8, MEMORY_LEN - 4, 5, u32::MAX, 1]));
    let outside = [MEMORY_LEN - 3, MEMORY_LEN, u32::MAX, u32::MAX - 3];
    for at in outside {
        for args in [
            [fd, IOVS, 1, 0, at, OUT],
            [fd, at, 1, 0, OUT, OUT + 4],
            [fd, IOVS, 2, 0, OUT, OUT + 4],
            [fd, IOVS + 16, 1, 0, OUT, OUT + 4],
        ] {
            assert_eq!(
                guest.call("sock_recv/6", &args),
                errno::FAULT.into(),
                "{args:?}"
            );
        }
        let args = [fd, IOVS, 1, at, 0, OUT + 8, OUT, OUT + 4];
        assert_eq!(guest.call("sock_recv_from/8", &args), errno::FAULT.into());
        assert_eq!(
            guest.call("sock_accept/3", &[fd, 0, at]),
            errno::FAULT.into()
        );
        assert_eq!(
            guest.call("sock_open/3", &[V4, STREAM, at]),
            errno::FAULT.into()
        );
    }
    assert_eq!(guest.recv(fd, 8), Ok(b"data".to_vec()));
}

#[test]
fn more_than_1024_buffers_are_invalid() {
    let mut guest = guest();
    let (fd, _peer) = pair(&mut guest);
    guest.write(IOVS, &vec![0; 1025 * 8]);
    assert_eq!(guest.call("sock_send/5", &[fd, IOVS, 1024, 0, OUT]), 0);
    assert_eq!(
        guest.call("sock_send/5", &[fd, IOVS, 1025, 0, OUT]),
        errno::INVAL.into()
    );
    assert_eq!(
        guest.call("fd_write/4", &[fd, IOVS, 1025, OUT]),
        errno::INVAL.into()
    );
}

#[test]
fn an_address_has_one_of_three_lengths_and_a_port_16_bits() {
    let mut guest = guest();
    let fd = guest.open(V4, STREAM).unwrap();
    guest.write(STORAGE, &[127, 0, 0, 1]);
    for (len, port, expected) in [
        (0, 1, errno::INVAL),
        (5, 1, errno::INVAL),
        (127, 1, errno::INVAL),
        (4, 65_536, errno::INVAL),
        // The family there is 127.
        (128, 1, errno::INVAL),
        (u32::MAX, 1, errno::FAULT),
    ] {
        guest.write(ADDRESS, &words(&[STORAGE, len]));
        let tried = guest.call("sock_connect/3", &[fd, ADDRESS, port]);
        assert_eq!(tried, expected.into(), "{len} {port}");
    }
}
