//! Windows. tokio has no Unix sockets there: their types have no value, and their functions
//! fail.

use std::convert::Infallible;
use std::io;
use std::net::Ipv4Addr;
pub(crate) use std::os::windows::io::BorrowedSocket as Handle;
use std::os::windows::io::{AsSocket, BorrowedSocket};
use std::path::Path;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use net_traits::{Endpoint, KeepAlive, OptionName, SocketOption, UnixAddress};
use socket2::InterfaceIndexOrAddress::Index;
use socket2::{SockAddr, SockRef, Socket};
use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf, Ready};

use crate::peer_cred::PeerCred;

use super::raw;

macro_rules! never {
    ($($name:ident)*) => {
        $(
            #[derive(Debug)]
            pub(crate) struct $name(Infallible);

            impl AsSocket for $name {
                fn as_socket(&self) -> BorrowedSocket<'_> {
                    match self.0 {}
                }
            }
        )*
    };
}

never!(UnixStream OwnedReadHalf OwnedWriteHalf UnixListener UnixDatagram);

fn unsupported<T>() -> io::Result<T> {
    Err(io::Error::new(
        io::ErrorKind::Unsupported,
        "Unix sockets are not supported by this system",
    ))
}

/// The option would let other programs take the port.
pub(crate) const REUSES_ADDRESSES: bool = false;

pub(crate) fn handle(socket: &impl AsSocket) -> Handle<'_> {
    socket.as_socket()
}

pub(crate) fn unix_stream(_: Socket) -> io::Result<UnixStream> {
    unsupported()
}

pub(crate) fn unix_listener(_: Socket) -> io::Result<UnixListener> {
    unsupported()
}

pub(crate) fn unix_datagram(_: Socket) -> io::Result<UnixDatagram> {
    unsupported()
}

pub(crate) fn socket_name(_: &UnixAddress) -> io::Result<SockAddr> {
    unsupported()
}

pub(crate) fn descriptor(_: &SockRef<'_>) -> Option<u64> {
    None
}

pub(crate) fn zone_index(_: &str) -> io::Result<u32> {
    Err(io::Error::new(
        io::ErrorKind::Unsupported,
        "zones by an interface's name are not supported by this system",
    ))
}

/// A socket that was opened for the program.
pub(crate) struct Activated {
    pub(crate) name: String,
    pub(crate) socket: Socket,
}

pub(crate) fn activated(_: impl Fn(&SockRef<'_>) -> io::Result<()>) -> io::Result<Vec<Activated>> {
    Err(io::Error::new(
        io::ErrorKind::Unsupported,
        "inherited sockets are not supported by this system",
    ))
}

pub(crate) fn try_send_to(socket: &UnixDatagram, _: &[u8], _: &UnixAddress) -> io::Result<usize> {
    match socket.0 {}
}

pub(crate) fn poll_peek(
    stream: &UnixStream,
    _: &mut Context<'_>,
    _: &mut ReadBuf<'_>,
) -> Poll<io::Result<()>> {
    match stream.0 {}
}

pub(crate) fn peer_cred(stream: &UnixStream) -> io::Result<PeerCred> {
    match stream.0 {}
}

/// Returns the address of a socket of another family than IP: there is none.
pub(crate) fn endpoint(_: &SockAddr) -> Endpoint {
    UnixAddress::unnamed().into()
}

/// The identity of a socket's file: there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FileId(Infallible);

impl FileId {
    pub(crate) fn of(_: &Path) -> io::Result<Self> {
        unsupported()
    }
}

/// The system ignores a type of service that a program sets, so it is refused.
pub(crate) fn supports(_: OptionName) -> bool {
    false
}

pub(crate) fn set(_: &SockRef<'_>, _: SocketOption, _: bool) -> Option<io::Result<()>> {
    None
}

pub(crate) fn get(_: &SockRef<'_>, _: OptionName, _: bool) -> Option<io::Result<SocketOption>> {
    None
}

pub(crate) fn join_on(socket: &SockRef<'_>, group: Ipv4Addr, index: u32) -> io::Result<()> {
    socket.join_multicast_v4_n(&group, &Index(index))
}

pub(crate) fn leave_on(socket: &SockRef<'_>, group: Ipv4Addr, index: u32) -> io::Result<()> {
    socket.leave_multicast_v4_n(&group, &Index(index))
}

/// The system tells the switch but not the times.
#[expect(clippy::unnecessary_wraps, reason = "it may fail on Unix")]
pub(crate) fn keepalive_times(_: &SockRef<'_>) -> io::Result<KeepAlive> {
    Ok(KeepAlive::new())
}

/// The system has no such limit but that of its retransmissions.
pub(crate) fn bound_unsent(_: &SockRef<'_>, _: Duration) {}

/// Keeps a socket that receives from everyone from failing because one peer has left, as Go
/// does.
pub(crate) fn ignore_unreachable(socket: &Socket) -> io::Result<()> {
    // The peer has left, or is too far away; not every version of Windows tells the latter.
    let _ = raw::turn_off(socket, raw::SIO_UDP_NETRESET);
    raw::turn_off(socket, raw::SIO_UDP_CONNRESET)
}

/// Its code for such names is that of names which do not exist.
pub(crate) fn is_no_address(_: i32) -> bool {
    false
}

impl UnixStream {
    pub(crate) fn into_split(self) -> (OwnedReadHalf, OwnedWriteHalf) {
        match self.0 {}
    }
}

impl UnixListener {
    #[allow(clippy::unused_async)] // the shape of tokio's
    pub(crate) async fn accept(&self) -> io::Result<(UnixStream, Infallible)> {
        match self.0 {}
    }

    pub(crate) fn poll_accept(
        &self,
        _: &mut Context<'_>,
    ) -> Poll<io::Result<(UnixStream, Infallible)>> {
        match self.0 {}
    }
}

impl UnixDatagram {
    pub(crate) fn try_io<R>(
        &self,
        _: Interest,
        _: impl FnOnce() -> io::Result<R>,
    ) -> io::Result<R> {
        match self.0 {}
    }

    pub(crate) fn try_send(&self, _: &[u8]) -> io::Result<usize> {
        match self.0 {}
    }

    #[allow(clippy::unused_async)] // the shape of tokio's
    pub(crate) async fn ready(&self, _: Interest) -> io::Result<Ready> {
        match self.0 {}
    }
}

macro_rules! read {
    ($type:ty) => {
        impl AsyncRead for $type {
            fn poll_read(
                self: Pin<&mut Self>,
                _: &mut Context<'_>,
                _: &mut ReadBuf<'_>,
            ) -> Poll<io::Result<()>> {
                match self.0 {}
            }
        }
    };
}

macro_rules! write {
    ($type:ty) => {
        impl AsyncWrite for $type {
            fn poll_write(
                self: Pin<&mut Self>,
                _: &mut Context<'_>,
                _: &[u8],
            ) -> Poll<io::Result<usize>> {
                match self.0 {}
            }

            fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
                match self.0 {}
            }

            fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
                match self.0 {}
            }
        }
    };
}

macro_rules! half {
    ($type:ty) => {
        impl AsRef<UnixStream> for $type {
            fn as_ref(&self) -> &UnixStream {
                match self.0 {}
            }
        }
    };
}

half!(OwnedReadHalf);
half!(OwnedWriteHalf);
read!(UnixStream);
read!(OwnedReadHalf);
write!(UnixStream);
write!(OwnedWriteHalf);

/// Ctrl-C.
pub(crate) struct EndRequests(tokio::runtime::Runtime);

impl EndRequests {
    pub(crate) fn new() -> io::Result<Self> {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        runtime.enable_io().build().map(EndRequests)
    }

    /// Blocks until the next one and returns the exit code of a program that it ends.
    pub(crate) fn next(&mut self) -> i32 {
        /// `STATUS_CONTROL_C_EXIT`
        const CODE: i32 = 0xc000_013a_u32.cast_signed();
        self.0.block_on(async {
            match tokio::signal::ctrl_c().await {
                Ok(()) => CODE,
                Err(_) => std::future::pending().await,
            }
        })
    }
}
