use std::fmt;
use std::io;
use std::net::IpAddr;
use std::time::Duration;

use crate::{Control, Error, Operation};

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
    /// `SO_LINGER`: what a close does with unsent data. `None` sends it in the
    /// background; zero discards it and resets the connection; any other time
    /// sends it in the background for at most that long, in whole seconds,
    /// rounded up. A close never blocks.
    Linger(Option<Duration>),
    /// `SO_REUSEADDR`: bind although old connections of the address linger.
    ReuseAddr(bool),
    /// `SO_REUSEPORT`: several sockets share an address, and the system
    /// distributes connections and datagrams among them.
    ReusePort(bool),
    /// `SO_SNDBUF` in bytes; the system may take more.
    SendBuffer(usize),
    /// `SO_RCVBUF` in bytes; the system may take more.
    RecvBuffer(usize),
    /// `IPV6_V6ONLY`: an IPv6 socket does not accept IPv4 peers.
    V6Only(bool),
    /// `IP_TTL`, `IPV6_UNICAST_HOPS`: the hop limit of packets, 1 to 255.
    Ttl(u32),
    /// `IP_TOS`, `IPV6_TCLASS`: DSCP and ECN bits of packets (RFC 2474 §3).
    Tos(u8),
    /// `TCP_USER_TIMEOUT`: how long sent data may stay unacknowledged before the
    /// connection fails (RFC 5482); zero is the system's default.
    UserTimeout(Duration),
    /// `SO_BINDTODEVICE`: packets go through one interface only.
    BindDevice(Interface),
    /// `IP_MULTICAST_LOOP`, `IPV6_MULTICAST_LOOP`: this machine receives what it
    /// sends to a multicast group.
    MulticastLoop(bool),
    /// `IP_MULTICAST_TTL`, `IPV6_MULTICAST_HOPS`: the hop limit of multicast
    /// packets, 0 to 255.
    MulticastTtl(u32),
    /// `IP_ADD_MEMBERSHIP`, `IPV6_ADD_MEMBERSHIP`: receive a multicast group's
    /// datagrams. It can be set only.
    JoinMulticast(MulticastGroup),
    /// `IP_DROP_MEMBERSHIP`, `IPV6_DROP_MEMBERSHIP`: the reverse. It can be set
    /// only.
    LeaveMulticast(MulticastGroup),
    /// `SO_BROADCAST`: a datagram socket may send to broadcast addresses.
    Broadcast(bool),
    /// The length of a listener's queue of connections not yet accepted.
    Backlog(u32),
}

/// The name of a network interface, at most 15 bytes long.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Interface {
    bytes: [u8; Interface::MAX],
    len: usize,
}

impl Interface {
    /// The length of the longest name (Linux's `IFNAMSIZ`, less the zero byte).
    const MAX: usize = 15;

    /// Creates a name, such as `eth0`.
    ///
    /// # Errors
    ///
    /// Returns an error of kind [`InvalidInput`](io::ErrorKind::InvalidInput) if
    /// the name is empty, longer than 15 bytes or has a zero byte.
    pub fn new(name: &str) -> Result<Self, Error> {
        if name.is_empty() || name.len() > Interface::MAX || name.bytes().any(|byte| byte == 0) {
            let problem = format!("invalid interface name {name:?}, expected 1 to 15 bytes");
            return Err(Error::invalid(Operation::Parse, problem));
        }
        let mut bytes = [0; Interface::MAX];
        bytes[..name.len()].copy_from_slice(name.as_bytes());
        let len = name.len();
        Ok(Interface { bytes, len })
    }

    /// Returns the name.
    #[must_use]
    pub fn name(&self) -> &str {
        std::str::from_utf8(&self.bytes[..self.len]).unwrap_or_default()
    }
}

impl fmt::Debug for Interface {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Interface").field(&self.name()).finish()
    }
}

/// A multicast group, and the interface on which to join it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct MulticastGroup {
    /// The address of the group.
    pub address: IpAddr,
    /// The index of the interface; 0 lets the system choose.
    pub interface: u32,
}

impl MulticastGroup {
    /// Creates a group on the interface that the system chooses.
    pub fn new(address: impl Into<IpAddr>) -> Self {
        MulticastGroup {
            address: address.into(),
            interface: 0,
        }
    }

    /// Sets the index of the interface.
    #[must_use]
    pub fn interface(mut self, index: u32) -> Self {
        self.interface = index;
        self
    }
}

/// When and how often an idle connection is probed. What is `None` stays as
/// the system has it. Times are in whole seconds, rounded up, and not zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct KeepAlive {
    /// The idle time before the first probe.
    pub idle: Option<Duration>,
    /// The time between two probes.
    pub interval: Option<Duration>,
    /// How many unanswered probes end the connection.
    pub count: Option<u32>,
}

impl KeepAlive {
    /// Creates keep-alive with the system's own times.
    #[must_use]
    pub fn new() -> Self {
        KeepAlive::default()
    }

    fn zero(&self) -> Option<&'static str> {
        match self {
            KeepAlive {
                idle: Some(Duration::ZERO),
                ..
            } => Some("idle time"),
            KeepAlive {
                interval: Some(Duration::ZERO),
                ..
            } => Some("interval"),
            KeepAlive { count: Some(0), .. } => Some("number of probes"),
            _ => None,
        }
    }

    /// Sets the idle time before the first probe.
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
    /// [`SocketOption::ReusePort`]
    ReusePort,
    /// [`SocketOption::Ttl`]
    Ttl,
    /// [`SocketOption::Tos`]
    Tos,
    /// [`SocketOption::UserTimeout`]
    UserTimeout,
    /// [`SocketOption::BindDevice`]
    BindDevice,
    /// [`SocketOption::MulticastLoop`]
    MulticastLoop,
    /// [`SocketOption::MulticastTtl`]
    MulticastTtl,
    /// [`SocketOption::JoinMulticast`]
    JoinMulticast,
    /// [`SocketOption::LeaveMulticast`]
    LeaveMulticast,
    /// [`SocketOption::Backlog`]
    Backlog,
}

impl SocketOption {
    /// Returns the option's name, without its value.
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
            SocketOption::ReusePort(_) => OptionName::ReusePort,
            SocketOption::Ttl(_) => OptionName::Ttl,
            SocketOption::Tos(_) => OptionName::Tos,
            SocketOption::UserTimeout(_) => OptionName::UserTimeout,
            SocketOption::BindDevice(_) => OptionName::BindDevice,
            SocketOption::MulticastLoop(_) => OptionName::MulticastLoop,
            SocketOption::MulticastTtl(_) => OptionName::MulticastTtl,
            SocketOption::JoinMulticast(_) => OptionName::JoinMulticast,
            SocketOption::LeaveMulticast(_) => OptionName::LeaveMulticast,
            SocketOption::Backlog(_) => OptionName::Backlog,
        }
    }
}

impl SocketOption {
    /// Checks the value, before a backend sets it.
    ///
    /// # Errors
    ///
    /// Returns an error of kind [`InvalidInput`](io::ErrorKind::InvalidInput) that
    /// names the option if no system would accept the value.
    pub fn validate(&self) -> io::Result<()> {
        let problem = match self {
            SocketOption::KeepAlive(Some(times)) => match times.zero() {
                Some(zero) => {
                    return Err(invalid(
                        self,
                        &format!("the {zero} must be greater than zero"),
                    ));
                }
                None => return Ok(()),
            },
            SocketOption::Ttl(0 | 256..) => "it must be between 1 and 255",
            SocketOption::MulticastTtl(256..) => "it must be between 0 and 255",
            SocketOption::JoinMulticast(group) | SocketOption::LeaveMulticast(group)
                if !group.address.is_multicast() =>
            {
                "the group must be a multicast address"
            }
            _ => return Ok(()),
        };
        Err(invalid(self, problem))
    }

    /// Returns a time in whole seconds, rounded up, as `linger` and `keepalive` have
    /// it on every system. Rounded down, half a second would mean zero, which resets
    /// a connection or is refused.
    #[must_use]
    pub fn whole_seconds(time: Duration) -> u32 {
        // More than any system accepts, and still a C `int`.
        const MAX: u64 = 0x7fff_ffff;
        let seconds = time
            .as_secs()
            .saturating_add(u64::from(time.subsec_nanos() > 0));
        u32::try_from(seconds.min(MAX)).unwrap_or_default()
    }
}

fn invalid(option: &SocketOption, problem: &str) -> io::Error {
    let message = format!("invalid {}: {problem}", option.name());
    io::Error::new(io::ErrorKind::InvalidInput, message)
}

impl OptionName {
    /// Returns the word that messages use.
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
            OptionName::ReusePort => "reuse_port",
            OptionName::Ttl => "ttl",
            OptionName::Tos => "tos",
            OptionName::UserTimeout => "user_timeout",
            OptionName::BindDevice => "bind_device",
            OptionName::MulticastLoop => "multicast_loop",
            OptionName::MulticastTtl => "multicast_ttl",
            OptionName::JoinMulticast => "join_multicast",
            OptionName::LeaveMulticast => "leave_multicast",
            OptionName::Backlog => "backlog",
        }
    }
}

impl fmt::Display for OptionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The options that a socket is created with. An option that is not set stays as
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
    /// Creates a set without options.
    #[must_use]
    pub fn new() -> Self {
        SocketOptions::default()
    }

    /// Sets an option, replacing an earlier value. Multicast groups add up.
    #[must_use]
    pub fn with(mut self, option: SocketOption) -> Self {
        let adds_up = matches!(
            option,
            SocketOption::JoinMulticast(_) | SocketOption::LeaveMulticast(_)
        );
        let is_replaced =
            |other: &SocketOption| other.name() == option.name() && (!adds_up || *other == option);
        if let Some(at) = self.list.iter().position(is_replaced) {
            self.list.remove(at);
        }
        self.list.push(option);
        self
    }

    /// Sets the hook for new sockets, replacing an earlier one.
    #[must_use]
    pub fn with_control(mut self, control: Control) -> Self {
        self.control = Some(control);
        self
    }

    /// Returns the hook for new sockets, if there is one.
    #[must_use]
    pub fn control(&self) -> Option<&Control> {
        self.control.as_ref()
    }

    /// Returns the options that are set.
    pub fn iter(&self) -> impl Iterator<Item = SocketOption> + '_ {
        self.list.iter().copied()
    }

    /// Returns the value of [`SocketOption::NoDelay`], if set.
    #[must_use]
    pub fn nodelay(&self) -> Option<bool> {
        self.iter().find_map(|option| match option {
            SocketOption::NoDelay(on) => Some(on),
            _ => None,
        })
    }

    /// Returns the value of [`SocketOption::ReuseAddr`], if set.
    #[must_use]
    pub fn reuse_addr(&self) -> Option<bool> {
        self.iter().find_map(|option| match option {
            SocketOption::ReuseAddr(on) => Some(on),
            _ => None,
        })
    }

    /// Returns the value of [`SocketOption::V6Only`], if set.
    #[must_use]
    pub fn v6only(&self) -> Option<bool> {
        self.iter().find_map(|option| match option {
            SocketOption::V6Only(on) => Some(on),
            _ => None,
        })
    }

    /// Returns the value of [`SocketOption::Backlog`], if set.
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
    /// Creates an error that names the option and the host.
    pub fn new(option: OptionName, host: impl Into<String>) -> Self {
        UnsupportedOption {
            option,
            host: host.into(),
        }
    }

    /// Returns the option that was asked for.
    #[must_use]
    pub fn option(&self) -> OptionName {
        self.option
    }

    /// Returns the host that cannot honour it.
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
