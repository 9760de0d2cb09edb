//! Socket options, by `socket2`.

use std::io;

use net_traits::{
    Error, KeepAlive, Operation, OptionName, SocketOption, SocketOptions, UnsupportedOption,
};
use socket2::{SockRef, TcpKeepalive};

use crate::sys;

/// What errors call this host.
pub(crate) const HOST: &str = "native";

/// Sets all options that are to be set before a socket is bound or connected;
/// the backlog is for the call that listens.
pub(crate) fn set_all(socket: &SockRef<'_>, options: &SocketOptions) -> io::Result<()> {
    options
        .iter()
        .filter(|option| option.name() != OptionName::Backlog)
        .try_for_each(|option| set(socket, option))
}

pub(crate) fn supports(name: OptionName) -> bool {
    matches!(
        name,
        OptionName::NoDelay
            | OptionName::KeepAlive
            | OptionName::Linger
            | OptionName::ReuseAddr
            | OptionName::SendBuffer
            | OptionName::RecvBuffer
            | OptionName::V6Only
            | OptionName::Broadcast
            | OptionName::Backlog
    )
}

pub(crate) fn set(socket: &SockRef<'_>, option: SocketOption) -> io::Result<()> {
    match option {
        SocketOption::NoDelay(on) => socket.set_tcp_nodelay(on),
        SocketOption::KeepAlive(None) => socket.set_keepalive(false),
        SocketOption::KeepAlive(Some(times)) => set_keepalive(socket, times),
        SocketOption::Linger(linger) => socket.set_linger(linger),
        SocketOption::ReuseAddr(on) => socket.set_reuse_address(on),
        SocketOption::SendBuffer(size) => socket.set_send_buffer_size(size),
        SocketOption::RecvBuffer(size) => socket.set_recv_buffer_size(size),
        SocketOption::V6Only(on) => socket.set_only_v6(on),
        SocketOption::Broadcast(on) => socket.set_broadcast(on),
        // A listener's queue has its length from the call that listens.
        other => Err(UnsupportedOption::new(other.name(), HOST).into()),
    }
}

fn set_keepalive(socket: &SockRef<'_>, times: KeepAlive) -> io::Result<()> {
    if times == KeepAlive::new() {
        return socket.set_keepalive(true);
    }
    let mut wanted = TcpKeepalive::new();
    if let Some(idle) = times.idle {
        wanted = wanted.with_time(idle);
    }
    if let Some(interval) = times.interval {
        wanted = wanted.with_interval(interval);
    }
    if let Some(count) = times.count {
        wanted = wanted.with_retries(count);
    }
    socket.set_tcp_keepalive(&wanted)
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
        other => return Err(UnsupportedOption::new(other, HOST).into()),
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

fn keepalive(socket: &SockRef<'_>) -> io::Result<Option<KeepAlive>> {
    if !socket.keepalive()? {
        return Ok(None);
    }
    sys::keepalive_times(socket).map(Some)
}
