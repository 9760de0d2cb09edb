//! The hook that a program runs on new sockets.

use std::io;

use net_traits::{Endpoint, FreshSocket, OptionName, SocketOption, SocketOptions};
use socket2::SockRef;

use crate::{options, sys};

/// Sets a new socket's options and runs the hook. `address` is what the socket is going to be
/// connected or bound to.
pub(crate) fn prepare(
    socket: &SockRef<'_>,
    address: &Endpoint,
    options: &SocketOptions,
) -> io::Result<()> {
    options::set_unbound(socket, options)?;
    match options.control() {
        Some(control) => control.run(&Fresh(socket), address),
        None => Ok(()),
    }
}

struct Fresh<'a>(&'a SockRef<'a>);

impl FreshSocket for Fresh<'_> {
    fn descriptor(&self) -> Option<u64> {
        sys::descriptor(self.0)
    }

    fn set_option(&self, option: SocketOption) -> io::Result<()> {
        options::set(self.0, option)
    }

    fn option(&self, name: OptionName) -> io::Result<SocketOption> {
        options::get(self.0, name)
    }
}
