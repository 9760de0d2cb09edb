//! Unix sockets of systems that have them.

use std::ffi::OsStr;
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use net_traits::{Endpoint, KeepAlive, SocketOptions, UnixAddress};
use nix::errno::Errno;
use nix::net::if_::if_nametoindex;
use socket2::{Domain, SockAddr, SockRef, Socket, Type};
use tokio::io::Interest;
pub(crate) use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
pub(crate) use tokio::net::{UnixDatagram, UnixListener, UnixStream};
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::control;

pub(crate) fn sock_ref(stream: &UnixStream) -> SockRef<'_> {
    SockRef::from(stream)
}

pub(crate) fn listener_ref(listener: &UnixListener) -> SockRef<'_> {
    SockRef::from(listener)
}

pub(crate) fn datagram_ref(socket: &UnixDatagram) -> SockRef<'_> {
    SockRef::from(socket)
}

pub(crate) fn connect(
    remote: &UnixAddress,
    local: Option<&UnixAddress>,
    options: &SocketOptions,
) -> io::Result<UnixStream> {
    let socket = open(Type::STREAM, local, Some(remote), options)?;
    socket.connect(&name(remote)?)?;
    UnixStream::from_std(socket.into())
}

pub(crate) fn listen(
    local: &UnixAddress,
    options: &SocketOptions,
    backlog: i32,
) -> io::Result<UnixListener> {
    let socket = open(Type::STREAM, Some(local), None, options)?;
    socket.listen(backlog)?;
    UnixListener::from_std(socket.into())
}

pub(crate) fn datagram(
    local: Option<&UnixAddress>,
    remote: Option<&UnixAddress>,
    options: &SocketOptions,
) -> io::Result<UnixDatagram> {
    let socket = open(Type::DGRAM, local, remote, options)?;
    if let Some(remote) = remote {
        socket.connect(&name(remote)?)?;
    }
    UnixDatagram::from_std(socket.into())
}

fn open(
    kind: Type,
    local: Option<&UnixAddress>,
    remote: Option<&UnixAddress>,
    options: &SocketOptions,
) -> io::Result<Socket> {
    let socket = Socket::new(Domain::UNIX, kind, None)?;
    socket.set_nonblocking(true)?;
    let address = remote.or(local).cloned().unwrap_or(UnixAddress::unnamed());
    control::prepare(&SockRef::from(&socket), &address.into(), options)?;
    if let Some(local) = local {
        socket.bind(&name(local)?)?;
    }
    Ok(socket)
}

pub(crate) fn try_send_to(
    socket: &UnixDatagram,
    buf: &[u8],
    target: &UnixAddress,
) -> io::Result<usize> {
    let target = name(target)?;
    // tokio's own call refuses abstract names.
    socket.try_io(Interest::WRITABLE, || {
        SockRef::from(socket).send_to(buf, &target)
    })
}

fn name(address: &UnixAddress) -> io::Result<SockAddr> {
    SockAddr::unix(path(address)?)
}

/// An address as `socket2` and tokio read paths: an abstract name begins with
/// a zero byte.
fn path(address: &UnixAddress) -> io::Result<PathBuf> {
    let invalid = |why| Err(io::Error::new(io::ErrorKind::InvalidInput, why));
    match (address.as_path(), address.as_abstract_name()) {
        (Some(path), _) if path.as_os_str().as_bytes().contains(&0) => {
            invalid("the path has a zero byte")
        }
        (Some(path), _) => Ok(path.to_owned()),
        (_, Some(name)) => {
            let bytes = [b"\0", name].concat();
            Ok(PathBuf::from(OsStr::from_bytes(&bytes)))
        }
        (None, None) => invalid("an address without a name"),
    }
}

/// The name of a socket of this domain.
pub(crate) fn endpoint(name: &SockAddr) -> Endpoint {
    match (name.as_pathname(), name.as_abstract_namespace()) {
        (Some(path), _) => UnixAddress::path(path),
        (None, Some(name)) => UnixAddress::abstract_name(name),
        (None, None) => UnixAddress::unnamed(),
    }
    .into()
}

/// The number of a socket's descriptor.
pub(crate) fn descriptor(socket: &SockRef<'_>) -> Option<u64> {
    u64::try_from(socket.as_raw_fd()).ok()
}

/// The index of a network interface (`man 3 if_nametoindex`).
pub(crate) fn zone_index(interface: &str) -> io::Result<u32> {
    if_nametoindex(interface).map_err(|errno| match errno {
        Errno::ENODEV => io::Error::new(io::ErrorKind::NotFound, "no such network interface"),
        other => other.into(),
    })
}

pub(crate) use super::inherited::take as inherited;

/// The times of keep-alive; a Unix socket has the switch but not the times.
pub(crate) fn keepalive_times(socket: &SockRef<'_>) -> io::Result<KeepAlive> {
    let Ok(idle) = socket.tcp_keepalive_time() else {
        return Ok(KeepAlive::new());
    };
    Ok(KeepAlive::new()
        .idle(idle)
        .interval(socket.tcp_keepalive_interval()?)
        .count(socket.tcp_keepalive_retries()?))
}

/// SIGTERM and SIGINT.
pub(crate) struct EndRequests {
    terminate: Signal,
    interrupt: Signal,
}

impl EndRequests {
    pub(crate) fn new() -> io::Result<Self> {
        Ok(EndRequests {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    /// Waits for the next one and returns the exit code of a program that it ends.
    pub(crate) async fn next(&mut self) -> i32 {
        let number = tokio::select! {
            _ = self.terminate.recv() => SignalKind::terminate(),
            _ = self.interrupt.recv() => SignalKind::interrupt(),
        };
        128 + number.as_raw_value()
    }
}
