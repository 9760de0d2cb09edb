//! Socket options: all of them, as far as they mean something inside a
//! process.

use std::cell::RefCell;
use std::io;
use std::time::Duration;

use net_traits::{
    Endpoint, FreshSocket, KeepAlive, OptionName, SocketOption, SocketOptions, UnsupportedOption,
};

/// What errors call this host.
pub(crate) const HOST: &str = "memory";

#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option")]
pub(crate) struct Options {
    nodelay: bool,
    reuse_addr: bool,
    pub(crate) keepalive: Option<ProbeTimes>,
    pub(crate) linger: Option<Duration>,
    pub(crate) send_buffer: usize,
    pub(crate) recv_buffer: usize,
    pub(crate) v6only: bool,
    pub(crate) broadcast: bool,
    pub(crate) backlog: u32,
}

/// When and how often an idle connection is probed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ProbeTimes {
    pub(crate) idle: Duration,
    pub(crate) interval: Duration,
    pub(crate) count: u32,
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

pub(crate) fn unsupported(name: OptionName) -> io::Error {
    UnsupportedOption::new(name, HOST).into()
}

impl Options {
    /// The options of a new socket, after the program's hook has seen it.
    pub(crate) fn of(options: &SocketOptions, address: &Endpoint) -> io::Result<Self> {
        let mut own = Options::default();
        for option in options.iter() {
            own.set(option)?;
        }
        let fresh = Fresh(RefCell::new(own));
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
            SocketOption::KeepAlive(times) => self.keepalive = times.map(ProbeTimes::complete),
            other => return Err(unsupported(other.name())),
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
            OptionName::KeepAlive => {
                SocketOption::KeepAlive(self.keepalive.map(ProbeTimes::as_set))
            }
            other => return Err(unsupported(other)),
        })
    }
}

impl ProbeTimes {
    /// The times that are set, and Linux's defaults for the others
    /// (`man 7 tcp`).
    fn complete(times: KeepAlive) -> Self {
        ProbeTimes {
            idle: times.idle.unwrap_or(Duration::from_secs(2 * 60 * 60)),
            interval: times.interval.unwrap_or(Duration::from_secs(75)),
            count: times.count.unwrap_or(9),
        }
    }

    fn as_set(self) -> KeepAlive {
        KeepAlive::new()
            .idle(self.idle)
            .interval(self.interval)
            .count(self.count)
    }
}

/// A socket that the program's hook sets options of.
struct Fresh(RefCell<Options>);

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
