//! The options that not every Unix has.

use std::io;
use std::net::Ipv4Addr;
use std::time::Duration;

use net_traits::{KeepAlive, OptionName, SocketOption};
use socket2::SockRef;

/// Returns whether the system has an option of those that not every system has.
pub(crate) fn supports(name: OptionName) -> bool {
    let is_linux = cfg!(any(target_os = "android", target_os = "linux"));
    let is_solaris = cfg!(any(target_os = "illumos", target_os = "solaris"));
    let has_traffic_class = is_linux || cfg!(any(target_os = "freebsd", target_os = "macos"));
    match name {
        OptionName::ReusePort => !is_solaris,
        OptionName::Tos => has_traffic_class,
        OptionName::BindDevice | OptionName::UserTimeout => is_linux,
        _ => false,
    }
}

/// Sets one of them; `None` if the system does not have it.
pub(crate) fn set(
    socket: &SockRef<'_>,
    option: SocketOption,
    is_v6: bool,
) -> Option<io::Result<()>> {
    let result = match option {
        #[cfg(not(any(target_os = "illumos", target_os = "solaris")))]
        SocketOption::ReusePort(on) => socket.set_reuse_port(on),
        #[cfg(any(
            target_os = "android",
            target_os = "freebsd",
            target_os = "linux",
            target_os = "macos",
        ))]
        SocketOption::Tos(bits) if is_v6 => socket.set_tclass_v6(bits.into()).map(|()| {
            // For IPv4 peers of a dual-stack socket, where the system has it.
            let _ = socket.set_tos_v4(bits.into());
        }),
        #[cfg(any(
            target_os = "android",
            target_os = "freebsd",
            target_os = "linux",
            target_os = "macos",
        ))]
        SocketOption::Tos(bits) => socket.set_tos_v4(bits.into()),
        #[cfg(any(target_os = "android", target_os = "linux"))]
        SocketOption::UserTimeout(time) => socket.set_tcp_user_timeout(milliseconds(time)),
        #[cfg(any(target_os = "android", target_os = "linux"))]
        SocketOption::BindDevice(interface) => {
            socket.bind_device(Some(interface.name().as_bytes()))
        }
        _ => return None,
    };
    Some(result)
}

/// Reads one of them; `None` if the system does not have it.
pub(crate) fn get(
    socket: &SockRef<'_>,
    name: OptionName,
    is_v6: bool,
) -> Option<io::Result<SocketOption>> {
    let result = match name {
        #[cfg(not(any(target_os = "illumos", target_os = "solaris")))]
        OptionName::ReusePort => socket.reuse_port().map(SocketOption::ReusePort),
        #[cfg(any(
            target_os = "android",
            target_os = "freebsd",
            target_os = "linux",
            target_os = "macos",
        ))]
        OptionName::Tos => {
            let bits = if is_v6 {
                socket.tclass_v6()
            } else {
                socket.tos_v4()
            };
            bits.and_then(|bits| u8::try_from(bits).map_err(io::Error::other))
                .map(SocketOption::Tos)
        }
        #[cfg(any(target_os = "android", target_os = "linux"))]
        OptionName::UserTimeout => socket
            .tcp_user_timeout()
            .map(|time| SocketOption::UserTimeout(time.unwrap_or_default())),
        #[cfg(any(target_os = "android", target_os = "linux"))]
        OptionName::BindDevice => device(socket),
        _ => return None,
    };
    Some(result)
}

#[cfg(any(target_os = "android", target_os = "linux"))]
fn device(socket: &SockRef<'_>) -> io::Result<SocketOption> {
    let Some(name) = socket.device()? else {
        return Err(io::Error::new(
            io::ErrorKind::NotFound,
            "the socket is bound to no interface",
        ));
    };
    let name = String::from_utf8_lossy(&name);
    let interface = net_traits::Interface::new(name.trim_end_matches('\0'))?;
    Ok(SocketOption::BindDevice(interface))
}

/// Rounds up, since zero stands for the system's default.
#[cfg(any(target_os = "android", target_os = "linux"))]
fn milliseconds(time: Duration) -> Option<Duration> {
    /// The longest time that Linux accepts.
    const MAX: u64 = i32::MAX as u64;
    let millis = u64::try_from(time.as_nanos().div_ceil(1_000_000)).unwrap_or(MAX);
    (millis > 0).then(|| Duration::from_millis(millis.min(MAX)))
}

cfg_if::cfg_if! {
    if #[cfg(any(target_os = "android", target_os = "linux"))] {
        /// Ends the connection if what is sent stays unacknowledged for the given time.
        pub(crate) fn bound_unsent(socket: &SockRef<'_>, time: Duration) {
            let set = socket.tcp_user_timeout().ok().flatten();
            let time = set.map_or(time, |set| set.min(time));
            // It fails for Unix sockets, which have sent all.
            let _ = socket.set_tcp_user_timeout(milliseconds(time));
        }
    } else {
        /// The system has no such limit but that of its retransmissions.
        pub(crate) fn bound_unsent(_: &SockRef<'_>, _: Duration) {}
    }
}

cfg_if::cfg_if! {
    if #[cfg(any(target_os = "android", target_os = "freebsd", target_os = "linux", target_os = "macos"))] {
        use socket2::InterfaceIndexOrAddress::Index;

        pub(crate) fn join_on(socket: &SockRef<'_>, group: Ipv4Addr, index: u32) -> io::Result<()> {
            socket.join_multicast_v4_n(&group, &Index(index))
        }

        pub(crate) fn leave_on(socket: &SockRef<'_>, group: Ipv4Addr, index: u32) -> io::Result<()> {
            socket.leave_multicast_v4_n(&group, &Index(index))
        }
    } else {
        fn unsupported() -> io::Result<()> {
            Err(io::Error::new(
                io::ErrorKind::Unsupported,
                "IPv4 groups on an interface by its index are not supported by this system",
            ))
        }

        pub(crate) fn join_on(_: &SockRef<'_>, _: Ipv4Addr, _: u32) -> io::Result<()> {
            unsupported()
        }

        pub(crate) fn leave_on(_: &SockRef<'_>, _: Ipv4Addr, _: u32) -> io::Result<()> {
            unsupported()
        }
    }
}

/// Returns the times of keep-alive; a Unix socket has the switch but not the times.
pub(crate) fn keepalive_times(socket: &SockRef<'_>) -> io::Result<KeepAlive> {
    let Ok(idle) = socket.tcp_keepalive_time() else {
        return Ok(KeepAlive::new());
    };
    Ok(KeepAlive::new()
        .idle(idle)
        .interval(socket.tcp_keepalive_interval()?)
        .count(socket.tcp_keepalive_retries()?))
}
