//! Taking connections.

use std::time::Instant;

use crate::abi;
use crate::case::{Checked, cases, must_be};
use crate::errno::Errno;
use crate::socket::{DATAGRAM, NONBLOCKING, OPTION_RCVTIMEO, STREAM, Socket, V4, timeval};

cases! { accept:
    /// AGAIN. Source: POSIX `accept`.
    nothing_to_accept_is_said_at_once;
    /// A connection may be over before it is accepted. Source: POSIX `accept`; mio `connect_then_close`.
    a_connection_that_was_closed_can_be_accepted;
    /// Two connections come in their order. Source: POSIX `listen`.
    connections_come_in_order;
    /// Of the new socket, not of the listener. Source: WASI preview 1, `sock_accept`.
    the_flag_for_non_blocking_is_the_new_sockets;
    /// INVAL. Source: POSIX `accept`; wasi-go `wasitest`.
    a_socket_that_does_not_listen_cannot_accept;
    /// NOTSUP. Source: POSIX `accept`, EOPNOTSUPP.
    a_datagram_socket_cannot_accept;
}

fn nothing_to_accept_is_said_at_once() -> Checked {
    let (listener, _) = Socket::listening(V4)?;
    must_be!(abi::accept(listener.fd, NONBLOCKING), Err(Errno::AGAIN));
    Ok(())
}

fn a_connection_that_was_closed_can_be_accepted() -> Checked {
    let (listener, port) = Socket::listening(V4)?;
    let dialed = Socket::open(V4, STREAM)?;
    dialed.connect_to(port)?;
    dialed.write(b"bye")?;
    drop(dialed);
    let accepted = listener.accept()?;
    must_be!(accepted.read(), Ok(b"bye".to_vec()));
    must_be!(accepted.read(), Ok(Vec::new()));
    Ok(())
}

fn connections_come_in_order() -> Checked {
    let (listener, port) = Socket::listening(V4)?;
    let mut dialed = Vec::new();
    for _ in 0..2 {
        let socket = Socket::open(V4, STREAM)?;
        socket.connect_to(port)?;
        dialed.push(socket);
    }
    for socket in &dialed {
        let accepted = listener.accept()?;
        let (_, peer) = abi::peer_addr(accepted.fd)?;
        must_be!(socket.local_port(), Ok(peer));
    }
    Ok(())
}

fn the_flag_for_non_blocking_is_the_new_sockets() -> Checked {
    let (listener, port) = Socket::listening(V4)?;
    let dialed = Socket::open(V4, STREAM)?;
    dialed.connect_to(port)?;
    listener.wait_to_read()?;
    let fd = abi::accept(listener.fd, NONBLOCKING)?;
    let accepted = Socket { fd, family: V4 };
    // On a socket that blocks this would wait for ever, so that has a limit,
    // where the host has one.
    let limited = abi::set_option(fd, 0, OPTION_RCVTIMEO, &timeval(200));
    let start = Instant::now();
    must_be!(abi::recv(accepted.fd, &mut [0], 0), Err(Errno::AGAIN));
    let took = start.elapsed().as_millis();
    must_be!(limited.is_err() || took < 150, true);
    Ok(())
}

fn a_socket_that_does_not_listen_cannot_accept() -> Checked {
    let (bound, _) = Socket::bound(V4, STREAM)?;
    must_be!(abi::accept(bound.fd, 0), Err(Errno::INVAL));
    Ok(())
}

fn a_datagram_socket_cannot_accept() -> Checked {
    let (bound, _) = Socket::bound(V4, DATAGRAM)?;
    must_be!(abi::accept(bound.fd, 0), Err(Errno::NOTSUP));
    Ok(())
}
