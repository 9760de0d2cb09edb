use std::fmt;
use std::io;
use std::time::Duration;

use crate::Control;

/// A socket option and its value.
///
/// Sources: `man 7 socket`, `man 7 tcp`, `man 7 ipv6`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SocketOption {
    /// `TCP_NODELAY`: send small writes at once.
    NoDelay(bool),
    /// `SO_KEEPALIVE` and its times; `None` turns it off.
    KeepAlive(Option<KeepAlive>),
    /// `SO_LINGER`: how long a close waits for unsent data, in whole seconds;
    /// zero resets the connection, `None` closes in the background.
    Linger(Option<Duration>),
    /// `SO_REUSEADDR`: bind although old connections of the address linger.
    ReuseAddr(bool),
    /// `SO_SNDBUF` in bytes; the system may take more.
    SendBuffer(usize),
    /// `SO_RCVBUF` in bytes; the system may take more.
    RecvBuffer(usize),
    /// `IPV6_V6ONLY`: an IPv6 socket does not take IPv4 peers.
    V6Only(bool),
    /// `SO_BROADCAST`: a datagram socket may send to broadcast addresses.
    Broadcast(bool),
    /// The length of a listener's queue of connections not yet accepted.
    Backlog(u32),
}

/// When and how often an idle connection is probed. What is `None` stays as
/// the system has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct KeepAlive {
    /// The quiet time before the first probe.
    pub idle: Option<Duration>,
    /// The time between two probes.
    pub interval: Option<Duration>,
    /// How many unanswered probes end the connection.
    pub count: Option<u32>,
}

impl KeepAlive {
    /// Keep-alive with the system's own times.
    #[must_use]
    pub fn new() -> Self {
        KeepAlive::default()
    }

    /// Sets the quiet time before the first probe.
    #[must_use]
    pub fn idle(mut self, idle: Duration) -> Self {
        self.idle = Some(idle);
        self
    }

    /// Sets the time between two probes.
    #[must_use]
    pub fn interval(mut self, interval: Duration) -> Self {
        self.interval = Some(interval);
        self
    }

    /// Sets how many unanswered probes end the connection.
    #[must_use]
    pub fn count(mut self, count: u32) -> Self {
        self.count = Some(count);
        self
    }
}

/// The name of a [`SocketOption`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum OptionName {
    /// [`SocketOption::NoDelay`]
    NoDelay,
    /// [`SocketOption::KeepAlive`]
    KeepAlive,
    /// [`SocketOption::Linger`]
    Linger,
    /// [`SocketOption::ReuseAddr`]
    ReuseAddr,
    /// [`SocketOption::SendBuffer`]
    SendBuffer,
    /// [`SocketOption::RecvBuffer`]
    RecvBuffer,
    /// [`SocketOption::V6Only`]
    V6Only,
    /// [`SocketOption::Broadcast`]
    Broadcast,
    /// [`SocketOption::Backlog`]
    Backlog,
}

impl SocketOption {
    /// The option's name, without its value.
    #[must_use]
    pub fn name(&self) -> OptionName {
        match self {
            SocketOption::NoDelay(_) => OptionName::NoDelay,
            SocketOption::KeepAlive(_) => OptionName::KeepAlive,
            SocketOption::Linger(_) => OptionName::Linger,
            SocketOption::ReuseAddr(_) => OptionName::ReuseAddr,
            SocketOption::SendBuffer(_) => OptionName::SendBuffer,
            SocketOption::RecvBuffer(_) => OptionName::RecvBuffer,
            SocketOption::V6Only(_) => OptionName::V6Only,
            SocketOption::Broadcast(_) => OptionName::Broadcast,
            SocketOption::Backlog(_) => OptionName::Backlog,
        }
    }
}

impl OptionName {
    /// The word that messages use.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            OptionName::NoDelay => "nodelay",
            OptionName::KeepAlive => "keepalive",
            OptionName::Linger => "linger",
            OptionName::ReuseAddr => "reuse_addr",
            OptionName::SendBuffer => "send_buffer",
            OptionName::RecvBuffer => "recv_buffer",
            OptionName::V6Only => "v6only",
            OptionName::Broadcast => "broadcast",
            OptionName::Backlog => "backlog",
        }
    }
}

impl fmt::Display for OptionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The options that a socket is made with. An option that is not set stays as
/// the backend has it.
///
/// ```
/// use net_traits::{SocketOption, SocketOptions};
///
/// let options = SocketOptions::new()
///     .with(SocketOption::NoDelay(false))
///     .with(SocketOption::RecvBuffer(64 << 10));
/// assert_eq!(options.nodelay(), Some(false));
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SocketOptions {
    // A list and not a field per option: a backend that goes through all of
    // them cannot ignore one silently.
    list: Vec<SocketOption>,
    control: Option<Control>,
}

impl SocketOptions {
    /// No option set.
    #[must_use]
    pub fn new() -> Self {
        SocketOptions::default()
    }

    /// Sets an option, in place of an earlier value.
    #[must_use]
    pub fn with(mut self, option: SocketOption) -> Self {
        self.list.retain(|other| other.name() != option.name());
        self.list.push(option);
        self
    }

    /// Sets the hook for new sockets, in place of an earlier one.
    #[must_use]
    pub fn with_control(mut self, control: Control) -> Self {
        self.control = Some(control);
        self
    }

    /// The hook for new sockets, if there is one.
    #[must_use]
    pub fn control(&self) -> Option<&Control> {
        self.control.as_ref()
    }

    /// The options that are set.
    pub fn iter(&self) -> impl Iterator<Item = SocketOption> + '_ {
        self.list.iter().copied()
    }

    /// The value of [`SocketOption::NoDelay`], if set.
    #[must_use]
    pub fn nodelay(&self) -> Option<bool> {
        self.iter().find_map(|option| match option {
            SocketOption::NoDelay(on) => Some(on),
            _ => None,
        })
    }

    /// The value of [`SocketOption::ReuseAddr`], if set.
    #[must_use]
    pub fn reuse_addr(&self) -> Option<bool> {
        self.iter().find_map(|option| match option {
            SocketOption::ReuseAddr(on) => Some(on),
            _ => None,
        })
    }

    /// The value of [`SocketOption::V6Only`], if set.
    #[must_use]
    pub fn v6only(&self) -> Option<bool> {
        self.iter().find_map(|option| match option {
            SocketOption::V6Only(on) => Some(on),
            _ => None,
        })
    }

    /// The value of [`SocketOption::Backlog`], if set.
    #[must_use]
    pub fn backlog(&self) -> Option<u32> {
        self.iter().find_map(|option| match option {
            SocketOption::Backlog(length) => Some(length),
            _ => None,
        })
    }
}

/// A host cannot honour an option. It becomes an [`io::Error`] of kind
/// [`Unsupported`](io::ErrorKind::Unsupported).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnsupportedOption {
    option: OptionName,
    host: String,
}

impl UnsupportedOption {
    /// Names the option and the host.
    pub fn new(option: OptionName, host: impl Into<String>) -> Self {
        UnsupportedOption {
            option,
            host: host.into(),
        }
    }

    /// The option that was asked for.
    #[must_use]
    pub fn option(&self) -> OptionName {
        self.option
    }

    /// The host that cannot honour it.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }
}

impl fmt::Display for UnsupportedOption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the option {} is not supported by {}",
            self.option, self.host
        )
    }
}

impl std::error::Error for UnsupportedOption {}

impl From<UnsupportedOption> for io::Error {
    fn from(error: UnsupportedOption) -> Self {
        io::Error::new(io::ErrorKind::Unsupported, error)
    }
}
