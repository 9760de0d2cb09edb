//! Opening sockets, and what is none.

use crate::abi;
use crate::case::{Checked, cases, must_be};
use crate::errno::Errno;
use crate::socket::{DATAGRAM, OPTION_TYPE, STREAM, Socket, V4, V6, loopback};

cases! { open:
    /// IPv4 and IPv6, streams and datagrams. Source: POSIX `socket`.
    each_family_and_type_can_be_opened;
    /// They are INVAL, not a trap. Source: POSIX `socket`.
    an_unknown_family_or_type_is_refused;
    /// `SO_TYPE` is what it was opened as. Source: POSIX `SO_TYPE`; wasi-go `wasitest`.
    a_socket_knows_its_type;
    /// `fd_fdstat_get` tells streams (6) from datagrams (5). Source: WASI preview 1, `filetype`.
    a_descriptor_tells_that_it_is_a_socket;
    /// Each call answers BADF. Source: POSIX `close`; wasi-testsuite `sock_shutdown-invalid_fd`.
    a_closed_socket_is_no_descriptor;
    /// Each call answers NOTSOCK to standard output. Source: wasi-testsuite `sock_shutdown-not_sock`; wasi-go `wasitest`.
    what_is_no_socket_is_refused_by_each_call;
}

fn each_family_and_type_can_be_opened() -> Checked {
    for family in [V4, V6] {
        for kind in [STREAM, DATAGRAM] {
            Socket::open(family, kind)?;
        }
    }
    Ok(())
}

fn an_unknown_family_or_type_is_refused() -> Checked {
    must_be!(abi::open(99, STREAM), Err(Errno::INVAL));
    must_be!(abi::open(V4, 99), Err(Errno::INVAL));
    Ok(())
}

fn a_socket_knows_its_type() -> Checked {
    for kind in [STREAM, DATAGRAM] {
        let socket = Socket::open(V4, kind)?;
        must_be!(socket.int_option(0, OPTION_TYPE), Ok(kind));
    }
    Ok(())
}

fn a_descriptor_tells_that_it_is_a_socket() -> Checked {
    let stream = Socket::open(V4, STREAM)?;
    must_be!(abi::file_type(stream.fd), Ok(6));
    let datagrams = Socket::open(V4, DATAGRAM)?;
    must_be!(abi::file_type(datagrams.fd), Ok(5));
    Ok(())
}

fn a_closed_socket_is_no_descriptor() -> Checked {
    let fd = Socket::open(V4, STREAM)?.fd;
    must_be!(abi::close(fd), Err(Errno::BADF));
    must_be!(abi::bind(fd, loopback(V4), 0), Err(Errno::BADF));
    must_be!(abi::listen(fd, 1), Err(Errno::BADF));
    must_be!(abi::connect(fd, loopback(V4), 1), Err(Errno::BADF));
    must_be!(abi::recv(fd, &mut [0], 0), Err(Errno::BADF));
    must_be!(abi::send(fd, &[b"x"]), Err(Errno::BADF));
    must_be!(abi::shutdown(fd, 2), Err(Errno::BADF));
    Ok(())
}

fn what_is_no_socket_is_refused_by_each_call() -> Checked {
    const STDOUT: u32 = 1;
    must_be!(abi::bind(STDOUT, loopback(V4), 0), Err(Errno::NOTSOCK));
    must_be!(abi::listen(STDOUT, 1), Err(Errno::NOTSOCK));
    must_be!(abi::connect(STDOUT, loopback(V4), 1), Err(Errno::NOTSOCK));
    must_be!(abi::accept(STDOUT, 0), Err(Errno::NOTSOCK));
    must_be!(abi::recv(STDOUT, &mut [0], 0), Err(Errno::NOTSOCK));
    must_be!(abi::send(STDOUT, &[b"x"]), Err(Errno::NOTSOCK));
    must_be!(abi::shutdown(STDOUT, 2), Err(Errno::NOTSOCK));
    Ok(())
}
