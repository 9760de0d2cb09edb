//! Socket options, where the host has them.

use std::io;
use std::time::Duration;

use net_traits::{
    Error, KeepAlive, Operation, OptionName, SocketOption, SocketOptions, UnsupportedOption,
};

use crate::abi::{self, LEVEL_SOCKET};
use crate::runtime::host_kind;
use crate::socket::Socket;

const LEVEL_TCP: u32 = 6;
const LEVEL_IPV6: u32 = 41;

const SO_REUSEADDR: u32 = 0;
const SO_BROADCAST: u32 = 4;
const SO_SNDBUF: u32 = 5;
const SO_RCVBUF: u32 = 6;
const SO_KEEPALIVE: u32 = 7;
const SO_LINGER: u32 = 9;
/// wasi-go's number for it, and net-run's.
const TCP_NODELAY: u32 = 15;
/// Linux's numbers, which net-run has.
const TCP_KEEPIDLE: u32 = 4;
const TCP_KEEPINTVL: u32 = 5;
const TCP_KEEPCNT: u32 = 6;
const IPV6_V6ONLY: u32 = 26;

fn ensure_supported(name: OptionName) -> io::Result<()> {
    let host = host_kind();
    if host.supports(name) {
        Ok(())
    } else {
        Err(UnsupportedOption::new(name, host.name()).into())
    }
}

/// Sets all options that are set before a socket is bound or connected; the
/// backlog is for the call that listens.
pub(crate) fn set_all(socket: &Socket, options: &SocketOptions) -> io::Result<()> {
    options
        .iter()
        .filter(|option| option.name() != OptionName::Backlog)
        .try_for_each(|option| set(socket, option))
}

/// Sets those options on a listener that was opened for the program which
/// concern one.
pub(crate) fn set_inherited(socket: &Socket, options: &SocketOptions) -> io::Result<()> {
    if options.nodelay().is_none() && host_kind().supports(OptionName::NoDelay) {
        // By default, where the host has it.
        let _ = set(socket, SocketOption::NoDelay(true));
    }
    let is_late = |name| {
        matches!(
            name,
            OptionName::Backlog | OptionName::ReuseAddr | OptionName::V6Only
        )
    };
    options
        .iter()
        .filter(|option| !is_late(option.name()))
        .try_for_each(|option| set(socket, option))
}

pub(crate) fn set(socket: &Socket, option: SocketOption) -> io::Result<()> {
    ensure_supported(option.name())?;
    option.validate()?;
    match option {
        SocketOption::NoDelay(on) => set_int(socket, LEVEL_TCP, TCP_NODELAY, i32::from(on)),
        SocketOption::ReuseAddr(on) => set_int(socket, LEVEL_SOCKET, SO_REUSEADDR, i32::from(on)),
        SocketOption::Broadcast(on) => set_int(socket, LEVEL_SOCKET, SO_BROADCAST, i32::from(on)),
        SocketOption::SendBuffer(size) => set_int(socket, LEVEL_SOCKET, SO_SNDBUF, clamped(size)),
        SocketOption::RecvBuffer(size) => set_int(socket, LEVEL_SOCKET, SO_RCVBUF, clamped(size)),
        SocketOption::KeepAlive(keepalive) => set_keepalive(socket, keepalive),
        SocketOption::V6Only(on) => set_int(socket, LEVEL_IPV6, IPV6_V6ONLY, i32::from(on)),
        SocketOption::Linger(linger) => {
            let seconds = linger.map_or(0, whole_seconds);
            let mut value = [0; 8];
            value[..4].copy_from_slice(&i32::from(linger.is_some()).to_le_bytes());
            value[4..].copy_from_slice(&seconds.to_le_bytes());
            Ok(abi::set_option(
                socket.fd(),
                LEVEL_SOCKET,
                SO_LINGER,
                value,
            )?)
        }
        other => Err(UnsupportedOption::new(other.name(), host_kind().name()).into()),
    }
}

fn set_keepalive(socket: &Socket, keepalive: Option<KeepAlive>) -> io::Result<()> {
    let on = i32::from(keepalive.is_some());
    let times = keepalive.unwrap_or_default();
    if times != KeepAlive::new() && !host_kind().has_keepalive_times() {
        return Err(io::Error::new(
            io::ErrorKind::Unsupported,
            format!(
                "the times of keepalive are not supported by {}",
                host_kind()
            ),
        ));
    }
    let count = times
        .count
        .map(|count| i32::try_from(count).unwrap_or(i32::MAX));
    for (name, value) in [
        (TCP_KEEPIDLE, times.idle.map(whole_seconds)),
        (TCP_KEEPINTVL, times.interval.map(whole_seconds)),
        (TCP_KEEPCNT, count),
    ] {
        if let Some(value) = value {
            set_int(socket, LEVEL_TCP, name, value)?;
        }
    }
    set_int(socket, LEVEL_SOCKET, SO_KEEPALIVE, on)
}

fn whole_seconds(time: Duration) -> i32 {
    SocketOption::whole_seconds(time).cast_signed()
}

fn keepalive(socket: &Socket) -> io::Result<Option<KeepAlive>> {
    if get_int(socket, LEVEL_SOCKET, SO_KEEPALIVE)? == 0 {
        return Ok(None);
    }
    let mut times = KeepAlive::new();
    if host_kind().has_keepalive_times() {
        let number =
            |name| get_int(socket, LEVEL_TCP, name).map(|value| value.max(0).cast_unsigned());
        times = times
            .idle(Duration::from_secs(number(TCP_KEEPIDLE)?.into()))
            .interval(Duration::from_secs(number(TCP_KEEPINTVL)?.into()))
            .count(number(TCP_KEEPCNT)?);
    }
    Ok(Some(times))
}

pub(crate) fn get(socket: &Socket, name: OptionName) -> io::Result<SocketOption> {
    ensure_supported(name)?;
    let flag = |level, number| get_int(socket, level, number).map(|value| value != 0);
    let size = |number| {
        get_int(socket, LEVEL_SOCKET, number).map(|value| usize::try_from(value).unwrap_or(0))
    };
    Ok(match name {
        OptionName::NoDelay => SocketOption::NoDelay(flag(LEVEL_TCP, TCP_NODELAY)?),
        OptionName::ReuseAddr => SocketOption::ReuseAddr(flag(LEVEL_SOCKET, SO_REUSEADDR)?),
        OptionName::Broadcast => SocketOption::Broadcast(flag(LEVEL_SOCKET, SO_BROADCAST)?),
        OptionName::SendBuffer => SocketOption::SendBuffer(size(SO_SNDBUF)?),
        OptionName::RecvBuffer => SocketOption::RecvBuffer(size(SO_RCVBUF)?),
        OptionName::KeepAlive => SocketOption::KeepAlive(keepalive(socket)?),
        OptionName::V6Only => SocketOption::V6Only(flag(LEVEL_IPV6, IPV6_V6ONLY)?),
        OptionName::Linger => {
            let by_value = host_kind().option_size_by_value();
            let value = abi::option::<8>(socket.fd(), LEVEL_SOCKET, SO_LINGER, by_value)?;
            let [on, seconds] = halves(value);
            let seconds = u64::try_from(seconds).unwrap_or(0);
            SocketOption::Linger((on != 0).then(|| Duration::from_secs(seconds)))
        }
        other => return Err(UnsupportedOption::new(other, host_kind().name()).into()),
    })
}

/// As [`set`], with the operation in the error.
pub(crate) fn change(socket: &Socket, option: SocketOption) -> net_traits::Result<()> {
    set(socket, option).map_err(|error| Error::new(Operation::SetOption, error))
}

/// As [`get`], with the operation in the error.
pub(crate) fn read(socket: &Socket, name: OptionName) -> net_traits::Result<SocketOption> {
    get(socket, name).map_err(|error| Error::new(Operation::GetOption, error))
}

fn halves(bytes: [u8; 8]) -> [i32; 2] {
    let half = |at| i32::from_le_bytes(std::array::from_fn(|i| bytes[at + i]));
    [half(0), half(4)]
}

fn set_int(socket: &Socket, level: u32, name: u32, value: i32) -> io::Result<()> {
    Ok(abi::set_option(
        socket.fd(),
        level,
        name,
        value.to_le_bytes(),
    )?)
}

fn get_int(socket: &Socket, level: u32, name: u32) -> io::Result<i32> {
    let by_value = host_kind().option_size_by_value();
    let bytes = abi::option::<4>(socket.fd(), level, name, by_value)?;
    Ok(i32::from_le_bytes(bytes))
}

/// Systems have limits far below the greatest number.
fn clamped(size: usize) -> i32 {
    i32::try_from(size).unwrap_or(i32::MAX)
}
