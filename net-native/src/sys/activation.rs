//! Sockets that the process which started the program had opened for it: systemd's socket
//! activation (`man 3 sd_listen_fds`).
//!
//! The variables stay in the environment: to remove them is not sound while other threads
//! run. A child sees them too, but `LISTEN_PID` names its parent, so that it ignores them;
//! and the descriptors are closed when it is executed.

use std::env;
use std::ffi::OsString;
use std::io;
use std::os::fd::{AsRawFd, RawFd};
use std::str::FromStr;

use socket2::{SockRef, Socket, Type};

use super::raw::Descriptors;

/// The process that the descriptors are for; any if it is not set.
const PROCESS: &str = "LISTEN_PID";
/// How many descriptors there are.
const COUNT: &str = "LISTEN_FDS";
/// The first of them; 3 if it is not set.
const FIRST: &str = "LISTEN_FDS_FIRST_FD";
/// Their names, separated by colons.
const NAMES: &str = "LISTEN_FDNAMES";

/// A socket that was opened for the program.
pub(crate) struct Activated {
    pub(crate) name: String,
    pub(crate) socket: Socket,
}

/// Takes all sockets, in their order; none the next time. Each is prepared before any is
/// taken.
///
/// # Errors
///
/// Returns an error if a variable is invalid, or if a descriptor is neither a listener for
/// streams nor a datagram socket; it names the descriptor. All descriptors stay open then,
/// and none is taken.
pub(crate) fn activated(
    prepare: impl Fn(&SockRef<'_>) -> io::Result<()>,
) -> io::Result<Vec<Activated>> {
    let process = variable::<u32>(PROCESS, "the number of a process")?;
    if process.is_some_and(|process| process != std::process::id()) {
        return Ok(Vec::new());
    }
    let count = variable::<u16>(COUNT, "a number of descriptors")?.unwrap_or(0);
    let first = variable::<u16>(FIRST, "the number of a descriptor")?.unwrap_or(3);
    let first = RawFd::from(first);
    let Some(descriptors) = Descriptors::passed(first..first + RawFd::from(count)) else {
        return Ok(Vec::new());
    };
    for descriptor in descriptors.iter() {
        let socket = SockRef::from(&descriptor);
        let prepared = check(&socket)
            .and_then(|()| prepare(&socket))
            .and_then(|()| socket.set_cloexec(true))
            .and_then(|()| socket.set_nonblocking(true));
        prepared.map_err(|error| {
            let number = descriptor.as_raw_fd();
            let message = format!("descriptor {number} of {COUNT}={count}: {error}");
            io::Error::new(error.kind(), message)
        })?;
    }
    let names = env::var_os(NAMES).unwrap_or_default();
    let names = names.to_string_lossy();
    let names = names.split(':').chain(std::iter::repeat(""));
    let taken = descriptors.take().into_iter().zip(names);
    Ok(taken
        .map(|(descriptor, name)| Activated {
            name: name.to_owned(),
            socket: descriptor.into(),
        })
        .collect())
}

/// Reads a number from the environment; an empty variable is one that is not set.
fn variable<T: FromStr>(name: &str, expected: &str) -> io::Result<Option<T>> {
    let value = env::var_os(name).filter(|value| !value.is_empty());
    let parse = |value: OsString| {
        let value = value.to_string_lossy();
        value.parse().map_err(|_| {
            io::Error::new(
                io::ErrorKind::InvalidInput,
                format!("{name} is {value:?}, expected {expected}"),
            )
        })
    };
    value.map(parse).transpose()
}

fn check(socket: &SockRef<'_>) -> io::Result<()> {
    let invalid = |problem| Err(io::Error::new(io::ErrorKind::InvalidInput, problem));
    let kind = socket.r#type()?;
    let name = socket.local_addr()?;
    if name.as_socket().is_none() && !name.is_unix() {
        return invalid("neither an IP nor a Unix socket");
    }
    match kind {
        Type::DGRAM => Ok(()),
        Type::STREAM if listens(socket)? => Ok(()),
        Type::STREAM => invalid("the socket does not listen"),
        _ => invalid("neither a stream nor a datagram socket"),
    }
}

cfg_if::cfg_if! {
    if #[cfg(any(target_os = "android", target_os = "freebsd", target_os = "linux"))] {
        fn listens(socket: &SockRef<'_>) -> io::Result<bool> {
            socket.is_listener()
        }
    } else {
        /// The system does not tell, but each tells its peer, which a listener has not.
        #[expect(clippy::unnecessary_wraps, reason = "elsewhere it may fail")]
        fn listens(socket: &SockRef<'_>) -> io::Result<bool> {
            Ok(socket.peer_addr().is_err())
        }
    }
}
