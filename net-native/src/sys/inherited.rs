//! Listeners that whoever started the program had opened for it: systemd's
//! socket activation (`man 3 sd_listen_fds`).

use std::env;
use std::io;

use listenfd::ListenFd;
use net_traits::{Inherited, InheritedSocket};
use socket2::SockRef;
use tokio::net::{TcpListener, UnixListener};

use crate::listener::Listener;
use crate::packet::PacketConn;

/// How many descriptors there are; the first is number 3.
const COUNT: &str = "LISTEN_FDS";
/// Their names, separated by colons.
const NAMES: &str = "LISTEN_FDNAMES";

/// Takes all listeners, in their order; none the next time.
///
/// # Errors
///
/// A count that is none, a descriptor that is no listener.
pub(crate) fn take() -> io::Result<Vec<Inherited<Listener, PacketConn>>> {
    match env::var(COUNT) {
        Ok(count) if count.parse::<u16>().is_err() => {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                format!("{COUNT} is {count:?}, expected a number of descriptors"),
            ));
        }
        _ => {}
    }
    let names = env::var(NAMES).unwrap_or_default();
    let mut names = names.split(':');
    // It takes the variables away, so that no child sees them.
    let mut descriptors = ListenFd::from_env();
    (0..descriptors.len())
        .map(|index| {
            let listener = take_one(&mut descriptors, index)?;
            let listener = InheritedSocket::Listener(listener);
            Ok(Inherited::new(names.next().unwrap_or_default(), listener))
        })
        .collect()
}

fn take_one(descriptors: &mut ListenFd, index: usize) -> io::Result<Listener> {
    // Of another family the descriptor stays where it is, for the next try.
    if let Ok(Some(listener)) = descriptors.take_unix_listener(index) {
        ensure_listens(&SockRef::from(&listener), index)?;
        listener.set_nonblocking(true)?;
        return Ok(Listener::unix(UnixListener::from_std(listener)?));
    }
    let listener = descriptors.take_tcp_listener(index)?;
    let listener = listener.ok_or_else(|| no_listener(index))?;
    ensure_listens(&SockRef::from(&listener), index)?;
    listener.set_nonblocking(true)?;
    Ok(Listener::tcp(TcpListener::from_std(listener)?))
}

/// Not every system tells whether a socket listens. Each tells its peer, which a
/// listener has not.
fn ensure_listens(socket: &SockRef<'_>, index: usize) -> io::Result<()> {
    match socket.peer_addr() {
        Ok(_) => Err(no_listener(index)),
        Err(_) => Ok(()),
    }
}

fn no_listener(index: usize) -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidInput,
        format!("descriptor {index} of {COUNT} does not listen for streams"),
    )
}
