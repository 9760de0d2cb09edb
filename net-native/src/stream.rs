use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use net_traits::{Endpoint, OptionName, Result, SocketOption};
use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, tcp};

use crate::{names, options, sys};

/// A TCP or Unix connection.
#[derive(Debug)]
pub struct Stream(Inner);

#[derive(Debug)]
enum Inner {
    Tcp(TcpStream),
    Unix(sys::UnixStream),
}

/// The reading half of a [`Stream`].
#[derive(Debug)]
pub struct ReadHalf(InnerRead);

#[derive(Debug)]
enum InnerRead {
    Tcp(tcp::OwnedReadHalf),
    Unix(sys::OwnedReadHalf),
}

/// The writing half of a [`Stream`]. Dropping it ends the write direction.
#[derive(Debug)]
pub struct WriteHalf(InnerWrite);

#[derive(Debug)]
enum InnerWrite {
    Tcp(tcp::OwnedWriteHalf),
    Unix(sys::OwnedWriteHalf),
}

impl Stream {
    pub(crate) fn tcp(stream: TcpStream) -> Self {
        Stream(Inner::Tcp(stream))
    }

    pub(crate) fn unix(stream: sys::UnixStream) -> Self {
        Stream(Inner::Unix(stream))
    }

    fn sock_ref(&self) -> SockRef<'_> {
        match &self.0 {
            Inner::Tcp(stream) => SockRef::from(stream),
            Inner::Unix(stream) => sys::sock_ref(stream),
        }
    }
}

impl net_traits::Stream for Stream {
    type ReadHalf = ReadHalf;
    type WriteHalf = WriteHalf;

    fn into_split(self) -> (ReadHalf, WriteHalf) {
        match self.0 {
            Inner::Tcp(stream) => {
                let (read, write) = stream.into_split();
                (
                    ReadHalf(InnerRead::Tcp(read)),
                    WriteHalf(InnerWrite::Tcp(write)),
                )
            }
            Inner::Unix(stream) => {
                let (read, write) = stream.into_split();
                (
                    ReadHalf(InnerRead::Unix(read)),
                    WriteHalf(InnerWrite::Unix(write)),
                )
            }
        }
    }

    fn local_addr(&self) -> Result<Endpoint> {
        names::local(&self.sock_ref())
    }

    fn peer_addr(&self) -> Result<Endpoint> {
        names::peer(&self.sock_ref())
    }

    fn set_option(&self, option: SocketOption) -> Result<()> {
        options::change(&self.sock_ref(), option)
    }

    fn option(&self, name: OptionName) -> Result<SocketOption> {
        options::read(&self.sock_ref(), name)
    }
}

// `poll_read` and `poll_write` are not inlined: callers then stay as small as
// on tokio's own streams, and are inlined themselves. With `#[inline]` a round
// of the ping-pong takes 3 % more instructions than on plain tokio, like this
// 1 % (`cargo xtask bench overhead`).
macro_rules! read {
    ($type:ty, $inner:ident) => {
        impl AsyncRead for $type {
            #[inline(never)]
            fn poll_read(
                mut self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                buf: &mut ReadBuf<'_>,
            ) -> Poll<io::Result<()>> {
                match &mut self.0 {
                    $inner::Tcp(stream) => Pin::new(stream).poll_read(cx, buf),
                    $inner::Unix(stream) => Pin::new(stream).poll_read(cx, buf),
                }
            }
        }
    };
}

macro_rules! write {
    ($type:ty, $inner:ident) => {
        impl AsyncWrite for $type {
            #[inline(never)]
            fn poll_write(
                mut self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                buf: &[u8],
            ) -> Poll<io::Result<usize>> {
                match &mut self.0 {
                    $inner::Tcp(stream) => Pin::new(stream).poll_write(cx, buf),
                    $inner::Unix(stream) => Pin::new(stream).poll_write(cx, buf),
                }
            }

            #[inline]
            fn poll_write_vectored(
                mut self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                bufs: &[IoSlice<'_>],
            ) -> Poll<io::Result<usize>> {
                match &mut self.0 {
                    $inner::Tcp(stream) => Pin::new(stream).poll_write_vectored(cx, bufs),
                    $inner::Unix(stream) => Pin::new(stream).poll_write_vectored(cx, bufs),
                }
            }

            fn is_write_vectored(&self) -> bool {
                true
            }

            #[inline]
            fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
                // Nothing is buffered.
                Poll::Ready(Ok(()))
            }

            fn poll_shutdown(
                mut self: Pin<&mut Self>,
                cx: &mut Context<'_>,
            ) -> Poll<io::Result<()>> {
                match &mut self.0 {
                    $inner::Tcp(stream) => Pin::new(stream).poll_shutdown(cx),
                    $inner::Unix(stream) => Pin::new(stream).poll_shutdown(cx),
                }
            }
        }
    };
}

read!(Stream, Inner);
write!(Stream, Inner);
read!(ReadHalf, InnerRead);
write!(WriteHalf, InnerWrite);
