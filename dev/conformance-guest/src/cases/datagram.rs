//! Datagrams.

use crate::abi;
use crate::case::{Checked, cases, must_be};
use crate::errno::Errno;
use crate::socket::{DATAGRAM, PEEK, Socket, V4, V6, ip, loopback};

cases! { datagram:
    /// The address of who sent it, by IPv4 and IPv6. Source: POSIX `recvfrom`.
    a_datagram_comes_with_its_source;
    /// In host order, as everywhere else. Source: the other calls of the extension.
    the_port_of_the_source_is_in_host_order;
    /// The flag says so, and the rest is lost. Source: POSIX `MSG_TRUNC`; WASI preview 1, `roflags`.
    one_that_does_not_fit_is_cut_and_said_to_be;
    /// Source: RFC 768.
    an_empty_one_is_a_datagram;
    /// Source: POSIX `MSG_PEEK`.
    peeking_takes_nothing;
    /// MSGSIZE. Source: POSIX `send`.
    one_that_is_too_large_is_refused;
    /// AGAIN. Source: POSIX `recv`.
    nothing_to_receive_is_said_at_once;
    /// Source: RFC 768; wasi-go `wasitest`.
    sending_to_nobody_is_no_error;
    /// DESTADDRREQ. Source: POSIX `send`.
    sending_needs_a_peer;
    /// Strangers are not heard. Source: POSIX `connect`.
    a_connected_socket_hears_its_peer_alone;
    /// Another peer, from now on. Source: POSIX `connect`; wasi-go `wasitest`.
    a_peer_can_be_changed;
    /// CONNREFUSED. Source: RFC 1122 §4.1.3.3; Linux `udp(7)`.
    a_connected_socket_is_told_that_nobody_is_there;
    /// Source: Linux `udp(7)`.
    a_connected_socket_may_send_to_others;
}

/// Waits for a datagram and takes it.
fn receive(socket: &Socket, buf: &mut [u8]) -> Result<abi::Datagram, Errno> {
    socket.wait_to_read()?;
    abi::recv_from(socket.fd, buf)
}

fn send(from: &Socket, bytes: &[u8], port: u32) -> Result<usize, Errno> {
    abi::send_to(from.fd, bytes, loopback(from.family), port)
}

fn connected() -> Result<(Socket, Socket), Errno> {
    let (peer, port) = Socket::bound(V4, DATAGRAM)?;
    let (socket, _) = Socket::bound(V4, DATAGRAM)?;
    abi::connect(socket.fd, loopback(V4), port)?;
    Ok((socket, peer))
}

fn a_datagram_comes_with_its_source() -> Checked {
    for family in [V4, V6] {
        let (receiver, port) = Socket::bound(family, DATAGRAM)?;
        let (sender, _) = Socket::bound(family, DATAGRAM)?;
        must_be!(send(&sender, b"hello", port), Ok(5));
        let mut buf = [0; 16];
        let datagram = receive(&receiver, &mut buf)?;
        must_be!(
            (&buf[..datagram.len], datagram.is_cut),
            (&b"hello"[..], false)
        );
        let (storage, _) = abi::local_addr(sender.fd)?;
        must_be!(ip(&datagram.storage), ip(&storage));
    }
    Ok(())
}

fn the_port_of_the_source_is_in_host_order() -> Checked {
    let (receiver, port) = Socket::bound(V4, DATAGRAM)?;
    let (sender, own_port) = Socket::bound(V4, DATAGRAM)?;
    send(&sender, b"hello", port)?;
    let datagram = receive(&receiver, &mut [0; 16])?;
    must_be!(datagram.port, own_port);
    Ok(())
}

fn one_that_does_not_fit_is_cut_and_said_to_be() -> Checked {
    let (socket, peer) = connected()?;
    socket.write(b"too long")?;
    socket.write(b"next")?;
    let mut buf = [0; 4];
    let datagram = receive(&peer, &mut buf)?;
    must_be!((&buf, datagram.len, datagram.is_cut), (b"too ", 4, true));
    let datagram = receive(&peer, &mut buf)?;
    must_be!((&buf, datagram.len, datagram.is_cut), (b"next", 4, false));
    Ok(())
}

fn an_empty_one_is_a_datagram() -> Checked {
    let (socket, peer) = connected()?;
    must_be!(socket.write(b""), Ok(0));
    let datagram = receive(&peer, &mut [0; 4])?;
    must_be!((datagram.len, datagram.is_cut), (0, false));
    Ok(())
}

fn peeking_takes_nothing() -> Checked {
    let (socket, peer) = connected()?;
    socket.write(b"seen")?;
    peer.wait_to_read()?;
    must_be!(abi::recv(peer.fd, &mut [0; 8], PEEK), Ok(4));
    must_be!(peer.read(), Ok(b"seen".to_vec()));
    Ok(())
}

fn one_that_is_too_large_is_refused() -> Checked {
    let (socket, _peer) = connected()?;
    must_be!(socket.write(&vec![0; 70_000]), Err(Errno::MSGSIZE));
    must_be!(socket.write(b"small"), Ok(5));
    Ok(())
}

fn nothing_to_receive_is_said_at_once() -> Checked {
    let (socket, _peer) = connected()?;
    must_be!(abi::recv(socket.fd, &mut [0], 0), Err(Errno::AGAIN));
    let received = abi::recv_from(socket.fd, &mut [0]).map(|datagram| datagram.len);
    must_be!(received, Err(Errno::AGAIN));
    Ok(())
}

fn sending_to_nobody_is_no_error() -> Checked {
    let (_, nobody) = Socket::bound(V4, DATAGRAM)?;
    let (socket, _) = Socket::bound(V4, DATAGRAM)?;
    must_be!(send(&socket, b"x", nobody), Ok(1));
    Ok(())
}

fn sending_needs_a_peer() -> Checked {
    let (socket, _) = Socket::bound(V4, DATAGRAM)?;
    must_be!(socket.write(b"x"), Err(Errno::DESTADDRREQ));
    Ok(())
}

fn a_connected_socket_hears_its_peer_alone() -> Checked {
    let (socket, peer) = connected()?;
    let port = socket.local_port()?;
    let (stranger, _) = Socket::bound(V4, DATAGRAM)?;
    send(&stranger, b"stranger", port)?;
    send(&peer, b"peer", port)?;
    must_be!(socket.read(), Ok(b"peer".to_vec()));
    Ok(())
}

fn a_peer_can_be_changed() -> Checked {
    let (socket, _peer) = connected()?;
    let (other, port) = Socket::bound(V4, DATAGRAM)?;
    abi::connect(socket.fd, loopback(V4), port)?;
    socket.write(b"to another")?;
    must_be!(other.read(), Ok(b"to another".to_vec()));
    Ok(())
}

fn a_connected_socket_is_told_that_nobody_is_there() -> Checked {
    let (socket, peer) = connected()?;
    drop(peer);
    socket.write(b"anyone?")?;
    must_be!(socket.read(), Err(Errno::CONNREFUSED));
    Ok(())
}

fn a_connected_socket_may_send_to_others() -> Checked {
    let (socket, _peer) = connected()?;
    let (other, port) = Socket::bound(V4, DATAGRAM)?;
    must_be!(send(&socket, b"aside", port), Ok(5));
    must_be!(other.read(), Ok(b"aside".to_vec()));
    Ok(())
}
