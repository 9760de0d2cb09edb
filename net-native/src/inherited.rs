//! Sockets that were open when the program began.

use std::io;

use net_traits::{Inherited, InheritedSocket, OptionName, SocketOption, SocketOptions};
use socket2::{SockRef, Socket, Type};
use tokio::net::{TcpListener, UdpSocket};

use crate::listener::Listener;
use crate::packet::PacketConn;
use crate::{options, sys};

/// Takes all of them and sets the options that concern them. The hook for new sockets does not
/// run.
pub(crate) fn take(options: &SocketOptions) -> io::Result<Vec<Inherited<Listener, PacketConn>>> {
    let activated = sys::activated(|socket| prepare(socket, options))?;
    activated
        .into_iter()
        .map(|one| Ok(Inherited::new(one.name, open(one.socket, options)?)))
        .collect()
}

struct Kind {
    is_stream: bool,
    is_ip: bool,
}

impl Kind {
    fn of(socket: &Socket) -> io::Result<Self> {
        Ok(Kind {
            is_stream: socket.r#type()? == Type::STREAM,
            is_ip: socket.local_addr()?.as_socket().is_some(),
        })
    }
}

fn prepare(socket: &SockRef<'_>, options: &SocketOptions) -> io::Result<()> {
    let kind = Kind::of(socket)?;
    if kind.is_stream
        && let Some(backlog) = options.backlog()
    {
        socket.listen(i32::try_from(backlog).unwrap_or(i32::MAX))?;
    }
    concerning(&kind, options)
        .into_iter()
        .try_for_each(|option| options::set(socket, option))
}

/// Returns the options that concern a socket, with `nodelay` on by default.
fn concerning(kind: &Kind, options: &SocketOptions) -> Vec<SocketOption> {
    let nodelay = options
        .nodelay()
        .is_none()
        .then_some(SocketOption::NoDelay(true));
    let all = nodelay.into_iter().chain(options.iter());
    all.filter(|option| concerns(option.name(), kind)).collect()
}

/// Returns whether an option concerns a socket that is bound already.
fn concerns(option: OptionName, kind: &Kind) -> bool {
    let Kind { is_stream, is_ip } = *kind;
    match option {
        // The process that bound the socket has set them; `prepare` sets the backlog.
        OptionName::ReuseAddr
        | OptionName::ReusePort
        | OptionName::V6Only
        | OptionName::Backlog => false,
        OptionName::Linger => is_stream,
        OptionName::NoDelay | OptionName::KeepAlive | OptionName::UserTimeout => is_stream && is_ip,
        OptionName::Broadcast
        | OptionName::MulticastLoop
        | OptionName::MulticastTtl
        | OptionName::JoinMulticast
        | OptionName::LeaveMulticast => !is_stream && is_ip,
        OptionName::Ttl | OptionName::Tos | OptionName::BindDevice => is_ip,
        _ => true,
    }
}

fn open(
    socket: Socket,
    options: &SocketOptions,
) -> io::Result<InheritedSocket<Listener, PacketConn>> {
    let kind = Kind::of(&socket)?;
    if kind.is_stream {
        let listener = if kind.is_ip {
            Listener::tcp(TcpListener::from_std(socket.into())?)
        } else {
            Listener::unix(sys::unix_listener(socket)?)
        };
        // Connections from before the program's start did not inherit them.
        let listener = listener.with_accepted(concerning(&kind, options));
        return Ok(InheritedSocket::Listener(listener));
    }
    let socket = if kind.is_ip {
        PacketConn::udp(UdpSocket::from_std(socket.into())?)
    } else {
        PacketConn::unix(sys::unix_datagram(socket)?)
    };
    Ok(InheritedSocket::PacketConn(socket))
}
