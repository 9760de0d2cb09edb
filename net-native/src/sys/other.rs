//! Unix sockets of systems that have none, or whose tokio has none: types
//! without a value, and errors.

use std::convert::Infallible;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use net_traits::{Endpoint, Inherited, KeepAlive, SocketOptions, UnixAddress};
use socket2::{SockAddr, SockRef};
use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf, Ready};

use crate::listener::Listener;
use crate::packet::PacketConn;

macro_rules! never {
    ($($name:ident)*) => {
        $(
            #[derive(Debug)]
            pub(crate) struct $name(Infallible);
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

pub(crate) fn connect(
    _: &UnixAddress,
    _: Option<&UnixAddress>,
    _: &SocketOptions,
) -> io::Result<UnixStream> {
    unsupported()
}

pub(crate) fn listen(_: &UnixAddress, _: &SocketOptions, _: i32) -> io::Result<UnixListener> {
    unsupported()
}

pub(crate) fn datagram(
    _: Option<&UnixAddress>,
    _: Option<&UnixAddress>,
    _: &SocketOptions,
) -> io::Result<UnixDatagram> {
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

pub(crate) fn inherited() -> io::Result<Vec<Inherited<Listener, PacketConn>>> {
    Err(io::Error::new(
        io::ErrorKind::Unsupported,
        "inherited sockets are not supported by this system",
    ))
}

pub(crate) fn try_send_to(socket: &UnixDatagram, _: &[u8], _: &UnixAddress) -> io::Result<usize> {
    match socket.0 {}
}

pub(crate) fn sock_ref(stream: &UnixStream) -> SockRef<'_> {
    match stream.0 {}
}

pub(crate) fn listener_ref(listener: &UnixListener) -> SockRef<'_> {
    match listener.0 {}
}

pub(crate) fn datagram_ref(socket: &UnixDatagram) -> SockRef<'_> {
    match socket.0 {}
}

/// The name of a socket of another domain than IP: there is none.
pub(crate) fn endpoint(_: &SockAddr) -> Endpoint {
    UnixAddress::unnamed().into()
}

/// The system tells the switch but not the times.
#[allow(clippy::unnecessary_wraps)] // the shape of Unix's
pub(crate) fn keepalive_times(_: &SockRef<'_>) -> io::Result<KeepAlive> {
    Ok(KeepAlive::new())
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

read!(UnixStream);
read!(OwnedReadHalf);
write!(UnixStream);
write!(OwnedWriteHalf);

/// Ctrl-C.
pub(crate) struct EndRequests(());

impl EndRequests {
    #[allow(clippy::unnecessary_wraps)] // the shape of Unix's
    pub(crate) fn new() -> io::Result<Self> {
        Ok(EndRequests(()))
    }

    /// Waits for the next one and returns the exit code of a program that it ends.
    #[allow(clippy::unused_self)] // the shape of Unix's
    pub(crate) async fn next(&mut self) -> i32 {
        /// `STATUS_CONTROL_C_EXIT`
        const CODE: i32 = 0xc000_013a_u32.cast_signed();
        match tokio::signal::ctrl_c().await {
            Ok(()) => CODE,
            Err(_) => std::future::pending().await,
        }
    }
}
