//! Local addresses.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::abi;
use crate::case::{Checked, cases, must_be};
use crate::errno::Errno;
use crate::socket::{DATAGRAM, STREAM, Socket, V4, V6, ip, loopback};

cases! { bind:
    /// The system chooses a port, which the socket then knows. Source: POSIX `bind`; RFC 6335 §6.
    port_0_gets_a_port;
    /// Source: POSIX `bind`.
    a_port_that_was_chosen_is_had;
    /// All addresses are zeros. Source: POSIX `INADDR_ANY`; wasi-go `wasitest`.
    all_addresses_can_be_bound;
    /// ADDRINUSE for a port on which a socket listens. Source: POSIX `bind`.
    an_address_in_use_is_refused;
    /// ADDRNOTAVAIL. Source: POSIX `bind`; wasmtime p3 `tcp-bind`, not_bindable.
    an_address_of_another_machine_is_refused;
    /// INVAL the second time. Source: POSIX `bind`; wasi-go `wasitest`.
    a_socket_is_bound_once;
    /// INVAL for a socket that is connected. Source: POSIX `bind`; wasi-go `wasitest`.
    a_connected_socket_cannot_be_bound;
    /// An IPv6 address on an IPv4 socket is AFNOSUPPORT. Source: POSIX `bind`.
    an_address_of_another_family_is_refused;
    /// Five bytes are no address: INVAL. Source: POSIX `bind`.
    bytes_that_are_no_address_are_refused;
}

fn port_0_gets_a_port() -> Checked {
    for family in [V4, V6] {
        for kind in [STREAM, DATAGRAM] {
            let (socket, port) = Socket::bound(family, kind)?;
            must_be!(port > 0, true);
            let (storage, _) = abi::local_addr(socket.fd)?;
            let own: IpAddr = match family {
                V4 => Ipv4Addr::LOCALHOST.into(),
                _ => Ipv6Addr::LOCALHOST.into(),
            };
            must_be!(ip(&storage), Some(own));
        }
    }
    Ok(())
}

fn a_port_that_was_chosen_is_had() -> Checked {
    let (_, free) = Socket::bound(V4, STREAM)?;
    let socket = Socket::open(V4, STREAM)?;
    abi::bind(socket.fd, loopback(V4), free)?;
    must_be!(socket.local_port(), Ok(free));
    Ok(())
}

fn all_addresses_can_be_bound() -> Checked {
    for (family, any) in [(V4, &[0; 4][..]), (V6, &[0; 16])] {
        let socket = Socket::open(family, STREAM)?;
        abi::bind(socket.fd, any, 0)?;
        must_be!(socket.local_port()? > 0, true);
    }
    Ok(())
}

fn an_address_in_use_is_refused() -> Checked {
    let (_listener, port) = Socket::listening(V4)?;
    let socket = Socket::open(V4, STREAM)?;
    must_be!(
        abi::bind(socket.fd, loopback(V4), port),
        Err(Errno::ADDRINUSE)
    );
    Ok(())
}

fn an_address_of_another_machine_is_refused() -> Checked {
    // For documentation only (RFC 5737).
    let socket = Socket::open(V4, STREAM)?;
    must_be!(
        abi::bind(socket.fd, &[192, 0, 2, 1], 0),
        Err(Errno::ADDRNOTAVAIL)
    );
    Ok(())
}

fn a_socket_is_bound_once() -> Checked {
    let (socket, _) = Socket::bound(V4, STREAM)?;
    must_be!(abi::bind(socket.fd, loopback(V4), 0), Err(Errno::INVAL));
    Ok(())
}

fn a_connected_socket_cannot_be_bound() -> Checked {
    let (dialed, _accepted) = Socket::pair(V4)?;
    must_be!(abi::bind(dialed.fd, loopback(V4), 0), Err(Errno::INVAL));
    Ok(())
}

fn an_address_of_another_family_is_refused() -> Checked {
    let socket = Socket::open(V4, STREAM)?;
    must_be!(
        abi::bind(socket.fd, loopback(V6), 0),
        Err(Errno::AFNOSUPPORT)
    );
    Ok(())
}

fn bytes_that_are_no_address_are_refused() -> Checked {
    let socket = Socket::open(V4, STREAM)?;
    must_be!(
        abi::bind(socket.fd, &[127, 0, 0, 1, 0], 0),
        Err(Errno::INVAL)
    );
    Ok(())
}
