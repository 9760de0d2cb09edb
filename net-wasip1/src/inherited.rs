//! Listeners that the host had opened for the program: wasi-go's flag
//! `--listen`.

use std::cell::RefCell;
use std::io;

use net_traits::{Inherited, InheritedSocket, SocketOptions};

use crate::abi::{self, Fd};
use crate::listener::Listener;
use crate::options;
use crate::packet::PacketConn;
use crate::socket::Socket;

/// The first descriptor after the standard streams.
const FIRST: Fd = 3;

/// A host with more preopened descriptors does not exist; one that affirms every
/// number must not hang the program.
const PREOPENED_MAX: usize = 1 << 16;

thread_local! {
    /// Those that were taken.
    static TAKEN: RefCell<Vec<Fd>> = const { RefCell::new(Vec::new()) };
}

/// Returns all listeners, in their order, with the options set on them, and none the
/// next time.
pub(crate) fn take(options: &SocketOptions) -> io::Result<Vec<Inherited<Listener, PacketConn>>> {
    // What was opened before the program began is numbered without a gap.
    let preopened = (FIRST..)
        .take(PREOPENED_MAX)
        .take_while(|fd| abi::is_preopened(*fd));
    let mut listeners = Vec::new();
    for fd in preopened {
        if abi::is_listener(fd)? && claim(fd) {
            let socket = Socket::adopt(fd)?;
            options::set_inherited(&socket, options)?;
            let listener = InheritedSocket::Listener(Listener::new(socket));
            listeners.push(Inherited::new("", listener));
        }
    }
    Ok(listeners)
}

/// Marks a descriptor as taken; returns whether it was not.
fn claim(fd: Fd) -> bool {
    TAKEN.with_borrow_mut(|taken| {
        let is_free = !taken.contains(&fd);
        if is_free {
            taken.push(fd);
        }
        is_free
    })
}
