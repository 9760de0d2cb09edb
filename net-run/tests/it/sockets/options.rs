//! Options of sockets.

use std::io::Read;
use std::time::{Duration, Instant};

use super::{guest, pair};
use crate::guest_sockets::{DATA, DATAGRAM, OUT, STREAM, V4, V6, errno, words};

fn timeval(seconds: i64, micros: i64) -> Vec<u8> {
    [seconds.to_le_bytes(), micros.to_le_bytes()].concat()
}

#[test]
fn options_are_kept_as_they_are_set() {
    let mut guest = guest();
    let tcp = guest.open(V6, STREAM).unwrap();
    for (level, name, value) in [
        (0, 0, 1),
        (0, 0, 0),
        (0, 4, 1),
        (0, 7, 1),
        (0, 8, 1),
        (6, 4, 77),
        (6, 5, 33),
        (6, 6, 5),
        (6, 15, 1),
        (6, 15, 0),
        (41, 26, 1),
        (41, 26, 0),
    ] {
        guest.set_option(tcp, level, name, value).unwrap();
        assert_eq!(guest.option(tcp, level, name), Ok(value), "{level} {name}");
    }
    for name in [5, 6] {
        guest.set_option(tcp, 0, name, 65_536).unwrap();
        // Linux doubles it, for its own use.
        assert_eq!(guest.option(tcp, 0, name), Ok(131_072));
        assert_eq!(guest.set_option(tcp, 0, name, -1), Err(errno::INVAL));
    }
}

#[test]
fn options_that_only_tell_cannot_be_set() {
    let mut guest = guest();
    let tcp = guest.open(V4, STREAM).unwrap();
    let udp = guest.open(V4, DATAGRAM).unwrap();
    assert_eq!(guest.option(tcp, 0, 1), Ok(2));
    assert_eq!(guest.option(udp, 0, 1), Ok(1));
    assert_eq!(guest.option(tcp, 0, 2), Ok(0));
    assert_eq!(guest.option(tcp, 0, 13), Ok(0));
    let (listener, _) = guest.listener("127.0.0.1:0");
    assert_eq!(guest.option(listener, 0, 13), Ok(1));
    for name in [1, 2, 13] {
        assert_eq!(
            guest.set_option(tcp, 0, name, 1),
            Err(errno::NOPROTOOPT),
            "{name}"
        );
    }
}

#[test]
fn unknown_options_are_invalid_and_absent_ones_not_supported() {
    let mut guest = guest();
    let tcp = guest.open(V4, STREAM).unwrap();
    for (level, name, expected) in [
        (0, 3, errno::NOTSUP),
        (0, 10, errno::NOTSUP),
        (0, 15, errno::INVAL),
        (1, 1, errno::INVAL),
        (6, 1, errno::INVAL),
        (41, 1, errno::INVAL),
        (u32::MAX, u32::MAX, errno::INVAL),
    ] {
        assert_eq!(
            guest.option(tcp, level, name),
            Err(expected),
            "{level} {name}"
        );
        assert_eq!(
            guest.set_option(tcp, level, name, 1),
            Err(expected),
            "{level} {name}"
        );
    }
}

#[test]
fn a_value_of_another_size_is_invalid() {
    let mut guest = guest();
    let tcp = guest.open(V4, STREAM).unwrap();
    for (name, len) in [(0, 3), (0, 8), (9, 4), (11, 8), (12, 15)] {
        let value = vec![0; len];
        assert_eq!(
            guest.set_option_bytes(tcp, 0, name, &value),
            Err(errno::INVAL),
            "{name}"
        );
    }
    for (name, room) in [(1, 3), (0, 0), (9, 4), (11, 8)] {
        assert_eq!(
            guest.option_bytes(tcp, 0, name, room),
            Err(errno::INVAL),
            "{name}"
        );
    }
}

#[test]
fn a_timeout_ends_a_recv_and_an_accept() {
    let mut guest = guest();
    let (fd, _peer) = pair(&mut guest);
    let (listener, _) = guest.listener("127.0.0.1:0");
    for fd in [fd, listener] {
        guest
            .set_option_bytes(fd, 0, 11, &timeval(0, 150_000))
            .unwrap();
        assert_eq!(guest.option_bytes(fd, 0, 11, 16), Ok(timeval(0, 150_000)));
        let began = Instant::now();
        let waited = if fd == listener {
            guest.accept(fd).map(drop)
        } else {
            guest.recv(fd, 8).map(drop)
        };
        assert_eq!(waited, Err(errno::AGAIN));
        let took = began.elapsed();
        assert!(
            took >= Duration::from_millis(150) && took < Duration::from_secs(10),
            "{took:?}"
        );
    }
}

#[test]
fn a_timeout_ends_a_send() {
    let mut guest = guest();
    let (fd, _peer) = pair(&mut guest);
    guest
        .set_option_bytes(fd, 0, 12, &timeval(0, 150_000))
        .unwrap();
    let megabyte = vec![0; 1 << 20];
    let ended = (0..100).find_map(|_| guest.send(fd, &megabyte).err());
    assert_eq!(ended, Some(errno::AGAIN), "nobody reads");
}

#[test]
fn a_timeout_that_is_none_is_invalid() {
    let mut guest = guest();
    let fd = guest.open(V4, STREAM).unwrap();
    for (seconds, micros) in [(-1, 0), (0, -1), (0, 1_000_000), (i64::MIN, 0)] {
        let value = timeval(seconds, micros);
        assert_eq!(guest.set_option_bytes(fd, 0, 11, &value), Err(errno::INVAL));
    }
    for (seconds, micros) in [(0, 0), (i64::MAX, 999_999), (1 << 40, 0)] {
        guest
            .set_option_bytes(fd, 0, 11, &timeval(seconds, micros))
            .unwrap();
        assert_eq!(
            guest.option_bytes(fd, 0, 11, 16),
            Ok(timeval(0, 0)),
            "for ever"
        );
    }
}

#[test]
fn to_close_without_lingering_resets_the_connection() {
    let mut guest = guest();
    let (fd, mut peer) = pair(&mut guest);
    assert_eq!(guest.option_bytes(fd, 0, 9, 8), Ok(words(&[0, 0])));
    guest.set_option_bytes(fd, 0, 9, &words(&[1, 0])).unwrap();
    assert_eq!(guest.option_bytes(fd, 0, 9, 8), Ok(words(&[1, 0])));
    guest.close(fd).unwrap();
    let error = peer.read(&mut [0; 8]).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
}

#[test]
fn a_guest_can_ask_for_its_host_without_a_socket() {
    let mut guest = guest();
    guest.write(OUT, &words(&[4]));
    let args = [u32::MAX, 0x6e65_7472, 0, DATA, OUT];
    assert_eq!(guest.call("sock_getsockopt/5", &args), 0);
    assert_eq!(guest.u32(DATA), 1);
    let args = [u32::MAX, 0, 1, DATA, OUT];
    assert_eq!(guest.call("sock_getsockopt/5", &args), errno::BADF.into());
}
