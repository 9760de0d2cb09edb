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

/// The first descriptor behind the standard streams.
const FIRST: Fd = 3;

thread_local! {
    /// Those that have an owner.
    static TAKEN: RefCell<Vec<Fd>> = const { RefCell::new(Vec::new()) };
}

/// Takes all listeners, in their order, and sets the options on them; none the
/// next time.
pub(crate) fn take(options: &SocketOptions) -> io::Result<Vec<Inherited<Listener, PacketConn>>> {
    // What was opened before the program began is numbered without a gap.
    let preopened = (FIRST..).take_while(|fd| abi::is_preopened(*fd));
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

/// Whether nobody has taken it so far.
fn claim(fd: Fd) -> bool {
    TAKEN.with_borrow_mut(|taken| {
        let is_free = !taken.contains(&fd);
        if is_free {
            taken.push(fd);
        }
        is_free
    })
}
