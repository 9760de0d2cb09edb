//! Unix.

use std::ffi::OsStr;
use std::io;
pub(crate) use std::os::fd::BorrowedFd as Handle;
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::task::{Context, Poll, ready};

use net_traits::{Endpoint, UnixAddress};
use nix::errno::Errno;
use nix::net::if_::if_nametoindex;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use socket2::{SockAddr, SockRef, Socket};
use tokio::io::{Interest, ReadBuf};
pub(crate) use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
pub(crate) use tokio::net::{UnixDatagram, UnixListener, UnixStream};

use crate::peer_cred::PeerCred;

use super::raw;

/// Old connections of an address do not keep a listener from it.
pub(crate) const REUSES_ADDRESSES: bool = true;

pub(crate) fn unix_stream(socket: Socket) -> io::Result<UnixStream> {
    UnixStream::from_std(socket.into())
}

pub(crate) fn unix_listener(socket: Socket) -> io::Result<UnixListener> {
    UnixListener::from_std(socket.into())
}

pub(crate) fn unix_datagram(socket: Socket) -> io::Result<UnixDatagram> {
    UnixDatagram::from_std(socket.into())
}

pub(crate) fn handle(socket: &impl AsFd) -> Handle<'_> {
    socket.as_fd()
}

pub(crate) fn try_send_to(
    socket: &UnixDatagram,
    buf: &[u8],
    target: &UnixAddress,
) -> io::Result<usize> {
    let target = socket_name(target)?;
    // tokio's own call refuses abstract names.
    socket.try_io(Interest::WRITABLE, || {
        SockRef::from(socket).send_to(buf, &target)
    })
}

pub(crate) fn poll_peek(
    stream: &UnixStream,
    cx: &mut Context<'_>,
    buf: &mut ReadBuf<'_>,
) -> Poll<io::Result<()>> {
    loop {
        ready!(stream.poll_read_ready(cx))?;
        let room = buf.initialize_unfilled();
        let peeked = stream.try_io(Interest::READABLE, || {
            raw::peek(&SockRef::from(stream), room)
        });
        match peeked {
            Ok(len) => {
                buf.advance(len);
                return Poll::Ready(Ok(()));
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Poll::Ready(Err(error)),
        }
    }
}

pub(crate) fn peer_cred(stream: &UnixStream) -> io::Result<PeerCred> {
    let cred = stream.peer_cred()?;
    Ok(PeerCred {
        uid: cred.uid(),
        gid: cred.gid(),
        // Linux has 0 for a process of another namespace.
        pid: cred
            .pid()
            .and_then(|pid| u32::try_from(pid).ok())
            .filter(|pid| *pid != 0),
    })
}

/// What tells a file from others, even if they come to have its path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FileId {
    device: u64,
    inode: u64,
}

impl FileId {
    pub(crate) fn of(path: &Path) -> io::Result<Self> {
        let metadata = path.symlink_metadata()?;
        Ok(FileId {
            device: metadata.dev(),
            inode: metadata.ino(),
        })
    }
}

/// Returns an address as the system takes it.
pub(crate) fn socket_name(address: &UnixAddress) -> io::Result<SockAddr> {
    SockAddr::unix(path(address)?)
}

/// Returns an address as `socket2` reads paths: an abstract name begins with a zero byte.
fn path(address: &UnixAddress) -> io::Result<PathBuf> {
    let invalid = |why| Err(io::Error::new(io::ErrorKind::InvalidInput, why));
    match (address.as_path(), address.as_abstract_name()) {
        (Some(path), _) if path.as_os_str().as_bytes().contains(&0) => {
            invalid("the path has a zero byte")
        }
        (Some(path), _) => Ok(path.to_owned()),
        // Elsewhere the kernel would read the name as a path.
        (_, Some(_)) if !cfg!(any(target_os = "android", target_os = "linux")) => {
            Err(io::Error::new(
                io::ErrorKind::Unsupported,
                "abstract Unix addresses are not supported by this system",
            ))
        }
        (_, Some(name)) => {
            let bytes = [b"\0", name].concat();
            Ok(PathBuf::from(OsStr::from_bytes(&bytes)))
        }
        (None, None) => invalid("an address without a name"),
    }
}

/// Returns the address of a Unix socket.
pub(crate) fn endpoint(name: &SockAddr) -> Endpoint {
    match (name.as_pathname(), name.as_abstract_namespace()) {
        (Some(path), _) => UnixAddress::path(path),
        (None, Some(name)) => UnixAddress::abstract_name(name),
        (None, None) => UnixAddress::unnamed(),
    }
    .into()
}

/// Returns the number of a socket's descriptor.
pub(crate) fn descriptor(socket: &SockRef<'_>) -> Option<u64> {
    u64::try_from(socket.as_raw_fd()).ok()
}

/// Returns the index of a network interface (`man 3 if_nametoindex`).
pub(crate) fn zone_index(interface: &str) -> io::Result<u32> {
    if_nametoindex(interface).map_err(|errno| match errno {
        Errno::ENODEV => io::Error::new(io::ErrorKind::NotFound, "no such network interface"),
        other => other.into(),
    })
}

/// Returns whether a code of `getaddrinfo` says that the name has addresses of another family
/// only. POSIX does not have it.
pub(crate) fn is_no_address(code: i32) -> bool {
    const EAI_ADDRFAMILY: i32 = if cfg!(target_os = "linux") { -9 } else { 1 };
    code == EAI_ADDRFAMILY
}

/// Does nothing: a UDP socket fails for what could not be delivered only if it is connected.
#[expect(clippy::unnecessary_wraps, reason = "it may fail on Windows")]
pub(crate) fn ignore_unreachable(_: &Socket) -> io::Result<()> {
    Ok(())
}

/// SIGTERM and SIGINT.
pub(crate) struct EndRequests(Signals);

impl EndRequests {
    pub(crate) fn new() -> io::Result<Self> {
        Signals::new([SIGTERM, SIGINT]).map(EndRequests)
    }

    /// Blocks until the next one and returns the exit code of a program that it ends.
    pub(crate) fn next(&mut self) -> i32 {
        128 + self.0.forever().next().unwrap_or(SIGTERM)
    }
}
