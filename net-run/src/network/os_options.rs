//! Options of the machine's own sockets.

use std::os::fd::BorrowedFd;
use std::time::Duration;

use rustix::net::sockopt;

use super::SocketOption;
use crate::errno::Errno;

/// Reads an option.
pub(super) fn get(fd: BorrowedFd<'_>, option: SocketOption) -> Result<i32, Errno> {
    Ok(match option {
        SocketOption::AcceptConn => sockopt::socket_acceptconn(fd)?.into(),
        SocketOption::Broadcast => sockopt::socket_broadcast(fd)?.into(),
        SocketOption::Error => match sockopt::socket_error(fd)? {
            Ok(()) => 0,
            Err(pending) => Errno::from(pending).code().into(),
        },
        SocketOption::KeepAlive => sockopt::socket_keepalive(fd)?.into(),
        SocketOption::KeepCount => number(sockopt::tcp_keepcnt(fd)?),
        SocketOption::KeepIdle => seconds(sockopt::tcp_keepidle(fd)?),
        SocketOption::KeepInterval => seconds(sockopt::tcp_keepintvl(fd)?),
        SocketOption::Linger => sockopt::socket_linger(fd)?.map_or(-1, seconds),
        SocketOption::NoDelay => sockopt::tcp_nodelay(fd)?.into(),
        SocketOption::OobInline => sockopt::socket_oobinline(fd)?.into(),
        SocketOption::RecvBuffer => number(sockopt::socket_recv_buffer_size(fd)?),
        SocketOption::ReuseAddr => sockopt::socket_reuseaddr(fd)?.into(),
        SocketOption::SendBuffer => number(sockopt::socket_send_buffer_size(fd)?),
        SocketOption::V6Only => sockopt::ipv6_v6only(fd)?.into(),
    })
}

/// Sets an option.
pub(super) fn set(fd: BorrowedFd<'_>, option: SocketOption, value: i32) -> Result<(), Errno> {
    let yes = value != 0;
    let size = || usize::try_from(value).map_err(|_| Errno::INVAL);
    let seconds = || match u64::try_from(value) {
        Ok(value) => Ok(Duration::from_secs(value)),
        Err(_) => Err(Errno::INVAL),
    };
    match option {
        SocketOption::AcceptConn | SocketOption::Error => return Err(Errno::NOPROTOOPT),
        SocketOption::Broadcast => sockopt::set_socket_broadcast(fd, yes)?,
        SocketOption::KeepAlive => sockopt::set_socket_keepalive(fd, yes)?,
        SocketOption::KeepCount => {
            sockopt::set_tcp_keepcnt(fd, u32::try_from(value).map_err(|_| Errno::INVAL)?)?;
        }
        SocketOption::KeepIdle => sockopt::set_tcp_keepidle(fd, seconds()?)?,
        SocketOption::KeepInterval => sockopt::set_tcp_keepintvl(fd, seconds()?)?,
        SocketOption::Linger => {
            let linger = if value < 0 { None } else { Some(seconds()?) };
            sockopt::set_socket_linger(fd, linger)?;
        }
        SocketOption::NoDelay => sockopt::set_tcp_nodelay(fd, yes)?,
        SocketOption::OobInline => sockopt::set_socket_oobinline(fd, yes)?,
        SocketOption::RecvBuffer => sockopt::set_socket_recv_buffer_size(fd, size()?)?,
        SocketOption::ReuseAddr => sockopt::set_socket_reuseaddr(fd, yes)?,
        SocketOption::SendBuffer => sockopt::set_socket_send_buffer_size(fd, size()?)?,
        SocketOption::V6Only => sockopt::set_ipv6_v6only(fd, yes)?,
    }
    Ok(())
}

/// A number that the guest's 32 bits may not hold.
fn number(value: impl TryInto<i32>) -> i32 {
    value.try_into().unwrap_or(i32::MAX)
}

fn seconds(duration: Duration) -> i32 {
    number(duration.as_secs())
}
