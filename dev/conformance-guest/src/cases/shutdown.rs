//! Ending one direction.

use crate::abi;
use crate::case::{Checked, cases, must_be};
use crate::errno::Errno;
use crate::socket::{SHUT_READ, SHUT_WRITE, STREAM, Socket, V4};

cases! { shutdown:
    /// The peer reads what was sent, and the end; the other direction goes on. Source: POSIX `shutdown`; RFC 9293 §3.6.
    ending_to_send_is_an_end_for_the_peer;
    /// PIPE. Source: POSIX `send`.
    after_it_nothing_can_be_sent;
    /// A wait for data is over. Source: POSIX `shutdown`.
    ending_to_receive_ends_waits;
    /// NOTCONN. Source: POSIX `shutdown`; wasi-go `wasitest`.
    without_a_connection_there_is_nothing_to_end;
    /// INVAL. Source: POSIX `shutdown`; wasi-go `wasitest`.
    an_unknown_direction_is_refused;
}

fn ending_to_send_is_an_end_for_the_peer() -> Checked {
    let (dialed, accepted) = Socket::pair(V4)?;
    dialed.write(b"last")?;
    abi::shutdown(dialed.fd, SHUT_WRITE)?;
    must_be!(accepted.read(), Ok(b"last".to_vec()));
    must_be!(accepted.read(), Ok(Vec::new()));
    accepted.write(b"answer")?;
    must_be!(dialed.read(), Ok(b"answer".to_vec()));
    Ok(())
}

fn after_it_nothing_can_be_sent() -> Checked {
    let (dialed, _accepted) = Socket::pair(V4)?;
    abi::shutdown(dialed.fd, SHUT_WRITE)?;
    must_be!(dialed.write(b"more"), Err(Errno::PIPE));
    Ok(())
}

fn ending_to_receive_ends_waits() -> Checked {
    let (dialed, _accepted) = Socket::pair(V4)?;
    abi::shutdown(dialed.fd, SHUT_READ)?;
    must_be!(dialed.read(), Ok(Vec::new()));
    Ok(())
}

fn without_a_connection_there_is_nothing_to_end() -> Checked {
    let socket = Socket::open(V4, STREAM)?;
    must_be!(abi::shutdown(socket.fd, SHUT_WRITE), Err(Errno::NOTCONN));
    Ok(())
}

fn an_unknown_direction_is_refused() -> Checked {
    let (dialed, _accepted) = Socket::pair(V4)?;
    must_be!(abi::shutdown(dialed.fd, 4), Err(Errno::INVAL));
    Ok(())
}
