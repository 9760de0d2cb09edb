//! Socket options.

use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use net_traits::{
    Error, KeepAlive, MulticastGroup, Operation, OptionName, SocketOption, SocketOptions,
    UnsupportedOption,
};
use socket2::{SockRef, TcpKeepalive};

use crate::sys;

/// What errors call this host.
pub(crate) const HOST: &str = "native";

pub(crate) fn supports(name: OptionName) -> bool {
    match name {
        OptionName::NoDelay
        | OptionName::KeepAlive
        | OptionName::Linger
        | OptionName::ReuseAddr
        | OptionName::SendBuffer
        | OptionName::RecvBuffer
        | OptionName::V6Only
        | OptionName::Ttl
        | OptionName::MulticastLoop
        | OptionName::MulticastTtl
        | OptionName::JoinMulticast
        | OptionName::LeaveMulticast
        | OptionName::Broadcast
        | OptionName::Backlog => true,
        name => sys::supports(name),
    }
}

/// Sets all options that must be set before a socket is bound or connected.
pub(crate) fn set_unbound(socket: &SockRef<'_>, options: &SocketOptions) -> io::Result<()> {
    set_those(socket, options, |name| {
        name != OptionName::Backlog && !is_membership(name)
    })
}

/// Sets the options of a socket that is bound: Windows has it join a group only then.
pub(crate) fn set_bound(socket: &SockRef<'_>, options: &SocketOptions) -> io::Result<()> {
    set_those(socket, options, is_membership)
}

fn is_membership(name: OptionName) -> bool {
    matches!(name, OptionName::JoinMulticast | OptionName::LeaveMulticast)
}

fn set_those(
    socket: &SockRef<'_>,
    options: &SocketOptions,
    which: impl Fn(OptionName) -> bool,
) -> io::Result<()> {
    options
        .iter()
        .filter(|option| which(option.name()))
        .try_for_each(|option| set(socket, option))
}

pub(crate) fn set(socket: &SockRef<'_>, option: SocketOption) -> io::Result<()> {
    option.validate()?;
    match option {
        SocketOption::NoDelay(on) => socket.set_tcp_nodelay(on),
        SocketOption::KeepAlive(None) => socket.set_keepalive(false),
        SocketOption::KeepAlive(Some(times)) => set_keepalive(socket, times),
        SocketOption::Linger(time) => socket.set_linger(time.map(whole_seconds)),
        SocketOption::ReuseAddr(on) => socket.set_reuse_address(on),
        SocketOption::SendBuffer(size) => socket.set_send_buffer_size(c_int(size)),
        SocketOption::RecvBuffer(size) => socket.set_recv_buffer_size(c_int(size)),
        SocketOption::V6Only(on) => socket.set_only_v6(on),
        SocketOption::Broadcast(on) => socket.set_broadcast(on),
        SocketOption::Ttl(hops) => set_ttl(socket, hops),
        SocketOption::MulticastLoop(on) if is_v6(socket) => socket.set_multicast_loop_v6(on),
        SocketOption::MulticastLoop(on) => socket.set_multicast_loop_v4(on),
        SocketOption::MulticastTtl(hops) if is_v6(socket) => socket.set_multicast_hops_v6(hops),
        SocketOption::MulticastTtl(hops) => socket.set_multicast_ttl_v4(hops),
        SocketOption::JoinMulticast(group) => join(socket, group),
        SocketOption::LeaveMulticast(group) => leave(socket, group),
        // A listener's queue has its length from the call that listens.
        SocketOption::Backlog(_) => Err(unsupported(OptionName::Backlog)),
        other => {
            sys::set(socket, other, is_v6(socket)).unwrap_or_else(|| Err(unsupported(other.name())))
        }
    }
}

pub(crate) fn get(socket: &SockRef<'_>, name: OptionName) -> io::Result<SocketOption> {
    Ok(match name {
        OptionName::NoDelay => SocketOption::NoDelay(socket.tcp_nodelay()?),
        OptionName::KeepAlive => SocketOption::KeepAlive(keepalive(socket)?),
        OptionName::Linger => SocketOption::Linger(socket.linger()?),
        OptionName::ReuseAddr => SocketOption::ReuseAddr(socket.reuse_address()?),
        OptionName::SendBuffer => SocketOption::SendBuffer(socket.send_buffer_size()?),
        OptionName::RecvBuffer => SocketOption::RecvBuffer(socket.recv_buffer_size()?),
        OptionName::V6Only => SocketOption::V6Only(socket.only_v6()?),
        OptionName::Broadcast => SocketOption::Broadcast(socket.broadcast()?),
        OptionName::Ttl if is_v6(socket) => SocketOption::Ttl(socket.unicast_hops_v6()?),
        OptionName::Ttl => SocketOption::Ttl(socket.ttl_v4()?),
        OptionName::MulticastLoop if is_v6(socket) => {
            SocketOption::MulticastLoop(socket.multicast_loop_v6()?)
        }
        OptionName::MulticastLoop => SocketOption::MulticastLoop(socket.multicast_loop_v4()?),
        OptionName::MulticastTtl if is_v6(socket) => {
            SocketOption::MulticastTtl(socket.multicast_hops_v6()?)
        }
        OptionName::MulticastTtl => SocketOption::MulticastTtl(socket.multicast_ttl_v4()?),
        OptionName::JoinMulticast | OptionName::LeaveMulticast => {
            return Err(io::Error::new(
                io::ErrorKind::Unsupported,
                format!("the option {name} can be set only"),
            ));
        }
        other => {
            return sys::get(socket, other, is_v6(socket))
                .unwrap_or_else(|| Err(unsupported(other)));
        }
    })
}

/// [`set`], with an error for users.
pub(crate) fn change(socket: &SockRef<'_>, option: SocketOption) -> net_traits::Result<()> {
    set(socket, option).map_err(|error| Error::new(Operation::SetOption, error))
}

/// [`get`], with an error for users.
pub(crate) fn read(socket: &SockRef<'_>, name: OptionName) -> net_traits::Result<SocketOption> {
    get(socket, name).map_err(|error| Error::new(Operation::GetOption, error))
}

/// Returns whether a socket is of IPv6. Not every system tells a socket's family before it is
/// bound, but only IPv6 has this option.
pub(crate) fn is_v6(socket: &SockRef<'_>) -> bool {
    socket.only_v6().is_ok()
}

fn set_keepalive(socket: &SockRef<'_>, times: KeepAlive) -> io::Result<()> {
    if times == KeepAlive::new() {
        return socket.set_keepalive(true);
    }
    let mut wanted = TcpKeepalive::new();
    if let Some(idle) = times.idle {
        wanted = wanted.with_time(whole_seconds(idle));
    }
    if let Some(interval) = times.interval {
        wanted = wanted.with_interval(whole_seconds(interval));
    }
    if let Some(count) = times.count {
        wanted = wanted.with_retries(count);
    }
    socket.set_tcp_keepalive(&wanted)
}

fn keepalive(socket: &SockRef<'_>) -> io::Result<Option<KeepAlive>> {
    if !socket.keepalive()? {
        return Ok(None);
    }
    sys::keepalive_times(socket).map(Some)
}

fn set_ttl(socket: &SockRef<'_>, hops: u32) -> io::Result<()> {
    if !is_v6(socket) {
        return socket.set_ttl_v4(hops);
    }
    socket.set_unicast_hops_v6(hops)?;
    // For IPv4 peers of a dual-stack socket, where the system has it.
    let _ = socket.set_ttl_v4(hops);
    Ok(())
}

fn join(socket: &SockRef<'_>, group: MulticastGroup) -> io::Result<()> {
    match (group.address, group.interface) {
        (IpAddr::V6(address), index) if is_v6(socket) => socket.join_multicast_v6(&address, index),
        (IpAddr::V4(address), 0) if !is_v6(socket) => {
            socket.join_multicast_v4(&address, &Ipv4Addr::UNSPECIFIED)
        }
        (IpAddr::V4(address), index) if !is_v6(socket) => sys::join_on(socket, address, index),
        _ => Err(other_family(OptionName::JoinMulticast, group)),
    }
}

fn leave(socket: &SockRef<'_>, group: MulticastGroup) -> io::Result<()> {
    match (group.address, group.interface) {
        (IpAddr::V6(address), index) if is_v6(socket) => socket.leave_multicast_v6(&address, index),
        (IpAddr::V4(address), 0) if !is_v6(socket) => {
            socket.leave_multicast_v4(&address, &Ipv4Addr::UNSPECIFIED)
        }
        (IpAddr::V4(address), index) if !is_v6(socket) => sys::leave_on(socket, address, index),
        _ => Err(other_family(OptionName::LeaveMulticast, group)),
    }
}

fn other_family(option: OptionName, group: MulticastGroup) -> io::Error {
    let group = group.address;
    io::Error::new(
        io::ErrorKind::InvalidInput,
        format!("invalid value of the option {option}: {group} is not of the socket's family"),
    )
}

fn unsupported(option: OptionName) -> io::Error {
    UnsupportedOption::new(option, HOST).into()
}

fn whole_seconds(time: Duration) -> Duration {
    // Rounding up must not overflow.
    let time = time.min(Duration::from_secs(u32::MAX.into()));
    Duration::from_secs(SocketOption::whole_seconds(time).into())
}

/// The size of a buffer, which systems take as a C `int`.
fn c_int(size: usize) -> usize {
    size.min(i32::MAX as usize)
}
