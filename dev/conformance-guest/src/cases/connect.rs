//! Opening connections.

use crate::abi;
use crate::case::{Checked, cases, must_be};
use crate::errno::Errno;
use crate::socket::{STREAM, Socket, V4, V6, ip, loopback};

cases! { connect:
    /// By IPv4 and IPv6. Source: POSIX `connect`.
    a_listener_is_reached;
    /// The local address of one end is the peer of the other. Source: POSIX `getpeername`.
    both_ends_agree_on_their_addresses;
    /// `SO_ERROR` is CONNREFUSED once the socket is ready. Source: POSIX `connect`.
    nobody_there_is_a_refusal;
    /// Source: POSIX `SO_ERROR`; wasi-go `wasitest`.
    reading_the_error_clears_it;
    /// ISCONN. Source: POSIX `connect`; wasi-go `wasitest`.
    a_connected_socket_cannot_connect;
    /// ISCONN. Source: Linux `connect(2)`; wasi-go `wasitest`.
    a_listener_cannot_connect;
    /// An IPv6 address on an IPv4 socket is AFNOSUPPORT. Source: POSIX `connect`.
    an_address_of_another_family_is_refused;
    /// NOTCONN. Source: POSIX `getpeername`.
    without_a_connection_there_is_no_peer;
    /// It is not cut to 16 bits. Source: RFC 6335 §6.
    a_port_over_65535_is_refused;
}

fn a_listener_is_reached() -> Checked {
    for family in [V4, V6] {
        Socket::pair(family)?;
    }
    Ok(())
}

fn both_ends_agree_on_their_addresses() -> Checked {
    for family in [V4, V6] {
        let (dialed, accepted) = Socket::pair(family)?;
        for (one, other) in [(&dialed, &accepted), (&accepted, &dialed)] {
            let (local, port) = abi::local_addr(one.fd)?;
            let (peer, peer_port) = abi::peer_addr(other.fd)?;
            must_be!(ip(&local), ip(&peer));
            must_be!(port, peer_port);
        }
    }
    Ok(())
}

/// A port on which nobody listens.
fn nobody() -> Result<u32, Errno> {
    Socket::bound(V4, STREAM).map(|(_, port)| port)
}

fn nobody_there_is_a_refusal() -> Checked {
    let socket = Socket::open(V4, STREAM)?;
    must_be!(socket.connect_to(nobody()?), Err(Errno::CONNREFUSED));
    Ok(())
}

fn reading_the_error_clears_it() -> Checked {
    let socket = Socket::open(V4, STREAM)?;
    if abi::connect(socket.fd, loopback(V4), nobody()?) == Err(Errno::INPROGRESS) {
        socket.wait_to_write()?;
        must_be!(socket.pending_error(), Ok(Errno::CONNREFUSED.0));
    }
    must_be!(socket.pending_error(), Ok(0));
    Ok(())
}

fn a_connected_socket_cannot_connect() -> Checked {
    // The one that dialed without blocking may be told of its success once more.
    let (_dialed, accepted) = Socket::pair(V4)?;
    let (_listener, port) = Socket::listening(V4)?;
    must_be!(
        abi::connect(accepted.fd, loopback(V4), port),
        Err(Errno::ISCONN)
    );
    Ok(())
}

fn a_listener_cannot_connect() -> Checked {
    let (listener, _) = Socket::listening(V4)?;
    let (_other, port) = Socket::listening(V4)?;
    must_be!(
        abi::connect(listener.fd, loopback(V4), port),
        Err(Errno::ISCONN)
    );
    Ok(())
}

fn an_address_of_another_family_is_refused() -> Checked {
    let socket = Socket::open(V4, STREAM)?;
    must_be!(
        abi::connect(socket.fd, loopback(V6), 9),
        Err(Errno::AFNOSUPPORT)
    );
    Ok(())
}

fn without_a_connection_there_is_no_peer() -> Checked {
    let socket = Socket::open(V4, STREAM)?;
    let peer = abi::peer_addr(socket.fd).map(|(_, port)| port);
    must_be!(peer, Err(Errno::NOTCONN));
    Ok(())
}

fn a_port_over_65535_is_refused() -> Checked {
    let (_listener, port) = Socket::listening(V4)?;
    let socket = Socket::open(V4, STREAM)?;
    let connected = abi::connect(socket.fd, loopback(V4), port + 65_536);
    must_be!(connected.is_err(), true);
    Ok(())
}
