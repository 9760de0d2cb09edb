//! Bytes through connections.

use crate::abi;
use crate::case::{Checked, cases, must_be};
use crate::errno::Errno;
use crate::socket::{PEEK, STREAM, Socket, V4, V6};

cases! { stream:
    /// In both directions, by IPv4 and IPv6. Source: POSIX `send`, `recv`.
    bytes_arrive;
    /// Source: POSIX `writev`.
    buffers_are_sent_in_their_order;
    /// What is peeked at can be read again. Source: POSIX `MSG_PEEK`.
    peeking_takes_nothing;
    /// What does not fit waits. Source: POSIX `recv`.
    a_short_read_leaves_the_rest;
    /// AGAIN. Source: POSIX `recv`.
    nothing_to_read_is_said_at_once;
    /// AGAIN when the buffers are full. Source: POSIX `send`.
    no_room_is_said_at_once;
    /// No bytes, again and again. Source: POSIX `recv`.
    the_end_is_no_bytes;
    /// CONNRESET. Source: RFC 2525 §2.17.
    a_close_with_data_unread_is_a_reset;
    /// PIPE or CONNRESET; the host lives on. Source: POSIX `send`, EPIPE and `MSG_NOSIGNAL`.
    sending_to_a_peer_that_is_gone_is_an_error;
    /// NOTCONN or PIPE. Source: POSIX `send`; Linux `tcp(7)`.
    sending_without_a_connection_is_an_error;
    /// NOTCONN. Source: POSIX `recv`.
    receiving_without_a_connection_is_an_error;
}

fn bytes_arrive() -> Checked {
    for family in [V4, V6] {
        let (dialed, accepted) = Socket::pair(family)?;
        must_be!(dialed.write(b"there"), Ok(5));
        must_be!(accepted.read(), Ok(b"there".to_vec()));
        must_be!(accepted.write(b"back"), Ok(4));
        must_be!(dialed.read(), Ok(b"back".to_vec()));
    }
    Ok(())
}

fn buffers_are_sent_in_their_order() -> Checked {
    let (dialed, accepted) = Socket::pair(V4)?;
    must_be!(abi::send(dialed.fd, &[b"one ", b"", b"two"]), Ok(7));
    must_be!(accepted.read(), Ok(b"one two".to_vec()));
    Ok(())
}

fn peeking_takes_nothing() -> Checked {
    let (dialed, accepted) = Socket::pair(V4)?;
    dialed.write(b"seen")?;
    accepted.wait_to_read()?;
    let mut buf = [0; 8];
    must_be!(abi::recv(accepted.fd, &mut buf, PEEK), Ok(4));
    must_be!(accepted.read(), Ok(b"seen".to_vec()));
    Ok(())
}

fn a_short_read_leaves_the_rest() -> Checked {
    let (dialed, accepted) = Socket::pair(V4)?;
    dialed.write(b"abcd")?;
    accepted.wait_to_read()?;
    let mut buf = [0; 3];
    must_be!(abi::recv(accepted.fd, &mut buf, 0), Ok(3));
    must_be!(accepted.read(), Ok(b"d".to_vec()));
    Ok(())
}

fn nothing_to_read_is_said_at_once() -> Checked {
    let (dialed, _accepted) = Socket::pair(V4)?;
    must_be!(abi::recv(dialed.fd, &mut [0], 0), Err(Errno::AGAIN));
    Ok(())
}

fn no_room_is_said_at_once() -> Checked {
    let (dialed, _accepted) = Socket::pair(V4)?;
    let chunk = vec![0; 1 << 16];
    let full = loop {
        match dialed.write(&chunk) {
            Ok(_) => {}
            Err(errno) => break errno,
        }
    };
    must_be!(full, Errno::AGAIN);
    Ok(())
}

fn the_end_is_no_bytes() -> Checked {
    let (dialed, accepted) = Socket::pair(V4)?;
    drop(dialed);
    for _ in 0..3 {
        must_be!(accepted.read(), Ok(Vec::new()));
    }
    Ok(())
}

fn a_close_with_data_unread_is_a_reset() -> Checked {
    let (dialed, accepted) = Socket::pair(V4)?;
    accepted.write(b"unread")?;
    dialed.wait_to_read()?;
    drop(dialed);
    must_be!(accepted.read(), Err(Errno::CONNRESET));
    Ok(())
}

fn sending_to_a_peer_that_is_gone_is_an_error() -> Checked {
    let (dialed, accepted) = Socket::pair(V4)?;
    drop(dialed);
    accepted.read()?;
    // The first is answered by a reset.
    let _ = accepted.write(b"x");
    let _ = accepted.read();
    let again = accepted.write(b"x");
    let is_gone = matches!(again, Err(Errno::PIPE | Errno::CONNRESET));
    must_be!((is_gone, again), (true, again));
    Ok(())
}

fn sending_without_a_connection_is_an_error() -> Checked {
    let socket = Socket::open(V4, STREAM)?;
    let sent = socket.write(b"x");
    let is_right = matches!(sent, Err(Errno::NOTCONN | Errno::PIPE));
    must_be!((is_right, sent), (true, sent));
    Ok(())
}

fn receiving_without_a_connection_is_an_error() -> Checked {
    let socket = Socket::open(V4, STREAM)?;
    must_be!(abi::recv(socket.fd, &mut [0], 0), Err(Errno::NOTCONN));
    Ok(())
}
