//! The hook that a program runs on new sockets.

use std::io;

use net_traits::{Endpoint, FreshSocket, OptionName, SocketOption, SocketOptions};

use crate::options;
use crate::socket::Socket;

/// Sets a new socket's options and runs the hook. `address` is the one that the
/// socket will be connected or bound to.
pub(crate) fn prepare(
    socket: &Socket,
    address: &Endpoint,
    options: &SocketOptions,
) -> io::Result<()> {
    options::set_all(socket, options)?;
    match options.control() {
        Some(control) => control.run(socket, address),
        None => Ok(()),
    }
}

impl FreshSocket for Socket {
    fn descriptor(&self) -> Option<u64> {
        Some(self.fd().into())
    }

    fn set_option(&self, option: SocketOption) -> io::Result<()> {
        options::set(self, option)
    }

    fn option(&self, name: OptionName) -> io::Result<SocketOption> {
        options::get(self, name)
    }
}
