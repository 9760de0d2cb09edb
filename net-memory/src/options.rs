//! Socket options, those that mean something inside a process.

use std::io;
use std::time::Duration;

use net_traits::{
    Endpoint, FreshSocket, KeepAlive, OptionName, SocketOption, SocketOptions, UnsupportedOption,
};

use crate::connection::EndId;
use crate::keepalive;
use crate::state::State;

/// What errors call this host.
pub(crate) const HOST: &str = "memory";

#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option")]
pub(crate) struct Options {
    nodelay: bool,
    reuse_addr: bool,
    pub(crate) keepalive: Option<KeepAlive>,
    pub(crate) linger: Option<Duration>,
    pub(crate) send_buffer: usize,
    pub(crate) recv_buffer: usize,
    pub(crate) v6only: bool,
    pub(crate) broadcast: bool,
    pub(crate) backlog: u32,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            nodelay: true,
            reuse_addr: true,
            keepalive: None,
            linger: None,
            send_buffer: 64 << 10,
            recv_buffer: 64 << 10,
            v6only: false,
            broadcast: false,
            backlog: 128,
        }
    }
}

pub(crate) fn supports(name: OptionName) -> bool {
    Options::default().get(name).is_ok()
}

impl Options {
    /// Those of a new socket, after the program's hook has seen it.
    pub(crate) fn of(options: &SocketOptions, address: &Endpoint) -> io::Result<Self> {
        let mut own = Options::default();
        for option in options.iter() {
            own.set(option)?;
        }
        let fresh = Fresh(std::cell::RefCell::new(own));
        if let Some(control) = options.control() {
            control.run(&fresh, address)?;
        }
        Ok(fresh.0.into_inner())
    }

    pub(crate) fn set(&mut self, option: SocketOption) -> io::Result<()> {
        option.validate()?;
        match option {
            SocketOption::NoDelay(on) => self.nodelay = on,
            SocketOption::ReuseAddr(on) => self.reuse_addr = on,
            SocketOption::Linger(time) => self.linger = time,
            // At least a byte, or nothing would ever pass.
            SocketOption::SendBuffer(size) => self.send_buffer = size.max(1),
            SocketOption::RecvBuffer(size) => self.recv_buffer = size.max(1),
            SocketOption::V6Only(on) => self.v6only = on,
            SocketOption::Broadcast(on) => self.broadcast = on,
            SocketOption::Backlog(length) => self.backlog = length,
            SocketOption::KeepAlive(times) => self.keepalive = times.map(keepalive::complete),
            other => return Err(UnsupportedOption::new(other.name(), HOST).into()),
        }
        Ok(())
    }

    pub(crate) fn get(&self, name: OptionName) -> io::Result<SocketOption> {
        Ok(match name {
            OptionName::NoDelay => SocketOption::NoDelay(self.nodelay),
            OptionName::ReuseAddr => SocketOption::ReuseAddr(self.reuse_addr),
            OptionName::Linger => SocketOption::Linger(self.linger),
            OptionName::SendBuffer => SocketOption::SendBuffer(self.send_buffer),
            OptionName::RecvBuffer => SocketOption::RecvBuffer(self.recv_buffer),
            OptionName::V6Only => SocketOption::V6Only(self.v6only),
            OptionName::Broadcast => SocketOption::Broadcast(self.broadcast),
            OptionName::Backlog => SocketOption::Backlog(self.backlog),
            OptionName::KeepAlive => SocketOption::KeepAlive(self.keepalive),
            other => return Err(UnsupportedOption::new(other, HOST).into()),
        })
    }
}

struct Fresh(std::cell::RefCell<Options>);

impl FreshSocket for Fresh {
    fn descriptor(&self) -> Option<u64> {
        None
    }

    fn set_option(&self, option: SocketOption) -> io::Result<()> {
        self.0.borrow_mut().set(option)
    }

    fn option(&self, name: OptionName) -> io::Result<SocketOption> {
        self.0.borrow().get(name)
    }
}

impl State {
    /// Sets an option of a stream.
    pub(crate) fn set_option(&mut self, id: EndId, option: SocketOption) -> io::Result<()> {
        ensure_of_stream(option.name())?;
        self.end(id).options.set(option)?;
        if option.name() == OptionName::KeepAlive {
            self.set_up_keepalive(id);
        }
        Ok(())
    }

    /// Reads an option of a stream.
    pub(crate) fn option(&mut self, id: EndId, name: OptionName) -> io::Result<SocketOption> {
        ensure_of_stream(name)?;
        self.end(id).options.get(name)
    }
}

/// A queue is a listener's alone.
fn ensure_of_stream(name: OptionName) -> io::Result<()> {
    match name {
        OptionName::Backlog => Err(UnsupportedOption::new(name, HOST).into()),
        _ => Ok(()),
    }
}
