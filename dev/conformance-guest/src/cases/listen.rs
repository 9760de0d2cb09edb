//! Listeners.

use crate::abi;
use crate::case::{Checked, cases, must_be};
use crate::errno::Errno;
use crate::socket::{DATAGRAM, OPTION_ACCEPTCONN, STREAM, Socket, V4};

cases! { listen:
    /// `SO_ACCEPTCONN` says so. Source: POSIX `SO_ACCEPTCONN`.
    a_listener_knows_that_it_is_one;
    /// A socket that is not bound gets a port. Source: Linux `listen(2)`; wasi-go `wasitest`.
    a_socket_without_an_address_gets_one;
    /// The second call sets the length of the queue. Source: Linux `listen(2)`; wasi-go `wasitest`.
    listening_twice_is_no_error;
    /// The system takes what it can. Source: POSIX `listen`.
    the_longest_queue_is_no_error;
    /// NOTSUP. Source: POSIX `listen`, EOPNOTSUPP.
    a_datagram_socket_cannot_listen;
    /// INVAL. Source: POSIX `listen`; wasi-go `wasitest`.
    a_connected_socket_cannot_listen;
}

fn a_listener_knows_that_it_is_one() -> Checked {
    let socket = Socket::open(V4, STREAM)?;
    must_be!(socket.int_option(0, OPTION_ACCEPTCONN), Ok(0));
    let (listener, _) = Socket::listening(V4)?;
    must_be!(listener.int_option(0, OPTION_ACCEPTCONN), Ok(1));
    Ok(())
}

fn a_socket_without_an_address_gets_one() -> Checked {
    let socket = Socket::open(V4, STREAM)?;
    abi::listen(socket.fd, 1)?;
    must_be!(socket.local_port()? > 0, true);
    Ok(())
}

fn listening_twice_is_no_error() -> Checked {
    let (listener, port) = Socket::listening(V4)?;
    abi::listen(listener.fd, 4)?;
    Socket::open(V4, STREAM)?.connect_to(port)?;
    Ok(())
}

fn the_longest_queue_is_no_error() -> Checked {
    let (socket, _) = Socket::bound(V4, STREAM)?;
    abi::listen(socket.fd, i32::MAX.cast_unsigned())?;
    Ok(())
}

fn a_datagram_socket_cannot_listen() -> Checked {
    let (socket, _) = Socket::bound(V4, DATAGRAM)?;
    must_be!(abi::listen(socket.fd, 1), Err(Errno::NOTSUP));
    Ok(())
}

fn a_connected_socket_cannot_listen() -> Checked {
    let (dialed, _accepted) = Socket::pair(V4)?;
    must_be!(abi::listen(dialed.fd, 1), Err(Errno::INVAL));
    Ok(())
}
