//! Socket options.

use std::time::Instant;

use crate::abi;
use crate::case::{Checked, cases, must_be};
use crate::errno::Errno;
use crate::socket::{
    NONBLOCKING, OPTION_LINGER, OPTION_RCVBUF, OPTION_RCVTIMEO, OPTION_REUSEADDR, OPTION_SNDBUF,
    OPTION_TYPE, STREAM, Socket, V4, timeval,
};

cases! { options:
    /// Source: POSIX `SO_SNDBUF`; wasi-go `wasitest`.
    buffers_have_a_size;
    /// The system may give more. Source: POSIX `SO_RCVBUF`; Linux `socket(7)`.
    buffers_can_be_set;
    /// Source: POSIX `SO_REUSEADDR`.
    addresses_can_be_reused;
    /// Source: POSIX `SO_TYPE`, which is read only.
    the_type_cannot_be_set;
    /// Source: POSIX `setsockopt`, ENOPROTOOPT and EINVAL.
    an_unknown_option_is_an_error;
    /// Nagle's algorithm can be switched off. Source: RFC 9293 §3.7.4; POSIX `TCP_NODELAY`.
    small_writes_can_go_at_once;
    /// Source: POSIX `SO_LINGER`.
    linger_is_set_and_read;
    /// A blocking read is AGAIN then. Source: POSIX `SO_RCVTIMEO`; wasi-go `wasitest`.
    a_read_can_have_a_limit;
}

const LEVEL_TCP: u32 = 6;
const TCP_NODELAY: u32 = 15;

fn buffers_have_a_size() -> Checked {
    let socket = Socket::open(V4, STREAM)?;
    for name in [OPTION_SNDBUF, OPTION_RCVBUF] {
        must_be!(socket.int_option(0, name)? > 0, true);
    }
    Ok(())
}

fn buffers_can_be_set() -> Checked {
    let socket = Socket::open(V4, STREAM)?;
    for name in [OPTION_SNDBUF, OPTION_RCVBUF] {
        socket.set_int_option(0, name, 65_536)?;
        must_be!(socket.int_option(0, name)? >= 65_536, true);
    }
    Ok(())
}

fn addresses_can_be_reused() -> Checked {
    let socket = Socket::open(V4, STREAM)?;
    for value in [1, 0] {
        socket.set_int_option(0, OPTION_REUSEADDR, value)?;
        must_be!(socket.int_option(0, OPTION_REUSEADDR), Ok(value));
    }
    Ok(())
}

fn the_type_cannot_be_set() -> Checked {
    let socket = Socket::open(V4, STREAM)?;
    let set = socket.set_int_option(0, OPTION_TYPE, 1);
    let is_right = matches!(set, Err(Errno::NOPROTOOPT | Errno::NOTSUP));
    must_be!((is_right, set), (true, set));
    Ok(())
}

fn an_unknown_option_is_an_error() -> Checked {
    let socket = Socket::open(V4, STREAM)?;
    must_be!(socket.set_int_option(0, 999, 1).is_err(), true);
    must_be!(socket.set_int_option(999, 1, 1).is_err(), true);
    Ok(())
}

fn small_writes_can_go_at_once() -> Checked {
    let (dialed, _accepted) = Socket::pair(V4)?;
    for value in [1, 0] {
        dialed.set_int_option(LEVEL_TCP, TCP_NODELAY, value)?;
        must_be!(dialed.int_option(LEVEL_TCP, TCP_NODELAY), Ok(value));
    }
    Ok(())
}

fn linger_is_set_and_read() -> Checked {
    let socket = Socket::open(V4, STREAM)?;
    let three_seconds = [1, 0, 0, 0, 3, 0, 0, 0];
    abi::set_option(socket.fd, 0, OPTION_LINGER, &three_seconds)?;
    must_be!(
        abi::option::<8>(socket.fd, 0, OPTION_LINGER),
        Ok(three_seconds)
    );
    Ok(())
}

fn a_read_can_have_a_limit() -> Checked {
    let (dialed, _accepted) = Socket::pair(V4)?;
    abi::set_option(dialed.fd, 0, OPTION_RCVTIMEO, &timeval(50))?;
    abi::set_flags(dialed.fd, 0)?;
    let start = Instant::now();
    must_be!(abi::recv(dialed.fd, &mut [0], 0), Err(Errno::AGAIN));
    must_be!(start.elapsed().as_millis() >= 50, true);
    abi::set_flags(dialed.fd, NONBLOCKING)?;
    Ok(())
}
