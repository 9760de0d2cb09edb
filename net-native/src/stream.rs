use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use net_traits::{Endpoint, Error, Operation, OptionName, Result, SocketOption};
use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, tcp};

use crate::linger::{self, Half};
use crate::peer_cred::PeerCred;
use crate::{names, options, sys};

/// A TCP or Unix connection.
///
/// Dropping it closes the connection and never blocks, whatever its
/// [`Linger`](SocketOption::Linger) is. On Linux, a linger time above zero is then the time
/// for which data may stay unacknowledged before the connection is abandoned
/// (`TCP_USER_TIMEOUT`); other systems have no limit but that of their retransmissions.
///
/// It converts from the streams of [`std`] and tokio, and into those of tokio, which close in
/// their own way.
#[derive(Debug)]
pub struct Stream {
    inner: Inner,
}

#[derive(Debug)]
enum Inner {
    Tcp(TcpStream),
    Unix(sys::UnixStream),
    /// Between the move of the socket out of the stream, and the stream's drop.
    Moved,
}

/// The reading half of a [`Stream`].
#[derive(Debug)]
pub struct ReadHalf {
    inner: InnerRead,
    half: Half,
}

#[derive(Debug)]
enum InnerRead {
    Tcp(tcp::OwnedReadHalf),
    Unix(sys::OwnedReadHalf),
}

/// The writing half of a [`Stream`]. Dropping it ends the write direction.
#[derive(Debug)]
pub struct WriteHalf {
    inner: InnerWrite,
    half: Half,
}

#[derive(Debug)]
enum InnerWrite {
    Tcp(tcp::OwnedWriteHalf),
    Unix(sys::OwnedWriteHalf),
}

const MOVED: &str = "a stream whose socket was moved out of it is not used again";

impl Stream {
    pub(crate) fn tcp(stream: TcpStream) -> Self {
        Stream {
            inner: Inner::Tcp(stream),
        }
    }

    pub(crate) fn unix(stream: sys::UnixStream) -> Self {
        Stream {
            inner: Inner::Unix(stream),
        }
    }

    /// Returns the credentials of the process at the other end of a Unix connection.
    ///
    /// # Errors
    ///
    /// Returns an error of kind [`Unsupported`](io::ErrorKind::Unsupported) if it is a TCP
    /// connection, or if the system does not tell.
    pub fn peer_cred(&self) -> Result<PeerCred> {
        let cred = match &self.inner {
            Inner::Tcp(_) => Err(io::Error::new(
                io::ErrorKind::Unsupported,
                "a TCP connection has no peer credentials",
            )),
            Inner::Unix(stream) => sys::peer_cred(stream),
            Inner::Moved => unreachable!("{MOVED}"),
        };
        cred.map_err(|error| Error::new(Operation::GetOption, error))
    }

    pub(crate) fn into_tcp(mut self) -> Result<TcpStream, Self> {
        match std::mem::replace(&mut self.inner, Inner::Moved) {
            Inner::Tcp(stream) => Ok(stream),
            inner => {
                self.inner = inner;
                Err(self)
            }
        }
    }

    #[cfg_attr(windows, expect(dead_code, reason = "there is no such stream"))]
    pub(crate) fn into_unix(mut self) -> Result<sys::UnixStream, Self> {
        match std::mem::replace(&mut self.inner, Inner::Moved) {
            Inner::Unix(stream) => Ok(stream),
            inner => {
                self.inner = inner;
                Err(self)
            }
        }
    }

    pub(crate) fn handle(&self) -> sys::Handle<'_> {
        match &self.inner {
            Inner::Tcp(stream) => sys::handle(stream),
            Inner::Unix(stream) => sys::handle(stream),
            Inner::Moved => unreachable!("{MOVED}"),
        }
    }

    pub(crate) fn sock_ref(&self) -> SockRef<'_> {
        match &self.inner {
            Inner::Tcp(stream) => SockRef::from(stream),
            Inner::Unix(stream) => SockRef::from(stream),
            Inner::Moved => unreachable!("{MOVED}"),
        }
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        if !matches!(self.inner, Inner::Moved) {
            linger::before_close(&self.sock_ref());
        }
    }
}

impl Drop for ReadHalf {
    fn drop(&mut self) {
        self.half.before_drop(&match &self.inner {
            InnerRead::Tcp(half) => SockRef::from(half.as_ref()),
            InnerRead::Unix(half) => SockRef::from(half.as_ref()),
        });
    }
}

impl Drop for WriteHalf {
    fn drop(&mut self) {
        self.half.before_drop(&match &self.inner {
            InnerWrite::Tcp(half) => SockRef::from(half.as_ref()),
            InnerWrite::Unix(half) => SockRef::from(half.as_ref()),
        });
    }
}

impl net_traits::Stream for Stream {
    type ReadHalf = ReadHalf;
    type WriteHalf = WriteHalf;

    fn into_split(mut self) -> (ReadHalf, WriteHalf) {
        let (half_of_read, half_of_write) = Half::pair(&self.sock_ref());
        let (read, write) = match std::mem::replace(&mut self.inner, Inner::Moved) {
            Inner::Tcp(stream) => {
                let (read, write) = stream.into_split();
                (InnerRead::Tcp(read), InnerWrite::Tcp(write))
            }
            Inner::Unix(stream) => {
                let (read, write) = stream.into_split();
                (InnerRead::Unix(read), InnerWrite::Unix(write))
            }
            Inner::Moved => unreachable!("{MOVED}"),
        };
        let read = ReadHalf {
            inner: read,
            half: half_of_read,
        };
        let write = WriteHalf {
            inner: write,
            half: half_of_write,
        };
        (read, write)
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

    fn poll_peek(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match &self.inner {
            Inner::Tcp(stream) => {
                ready!(stream.poll_peek(cx, buf))?;
                Poll::Ready(Ok(()))
            }
            Inner::Unix(stream) => sys::poll_peek(stream, cx, buf),
            Inner::Moved => unreachable!("{MOVED}"),
        }
    }
}

// `poll_read` and `poll_write` are not inlined: callers then stay as small as
// on tokio's own streams, and are inlined themselves. With `#[inline]` a round
// of the ping-pong takes 3 % more instructions than on plain tokio, like this
// 1 % (`cargo xtask bench overhead`).
macro_rules! read {
    ($type:ty, $inner:ident $(, $moved:ident)?) => {
        impl AsyncRead for $type {
            #[inline(never)]
            fn poll_read(
                mut self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                buf: &mut ReadBuf<'_>,
            ) -> Poll<io::Result<()>> {
                match &mut self.inner {
                    $inner::Tcp(stream) => Pin::new(stream).poll_read(cx, buf),
                    $inner::Unix(stream) => Pin::new(stream).poll_read(cx, buf),
                    $($inner::$moved => unreachable!("{MOVED}"),)?
                }
            }
        }
    };
}

macro_rules! write {
    ($type:ty, $inner:ident $(, $moved:ident)?) => {
        impl AsyncWrite for $type {
            #[inline(never)]
            fn poll_write(
                mut self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                buf: &[u8],
            ) -> Poll<io::Result<usize>> {
                match &mut self.inner {
                    $inner::Tcp(stream) => Pin::new(stream).poll_write(cx, buf),
                    $inner::Unix(stream) => Pin::new(stream).poll_write(cx, buf),
                    $($inner::$moved => unreachable!("{MOVED}"),)?
                }
            }

            #[inline]
            fn poll_write_vectored(
                mut self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                bufs: &[IoSlice<'_>],
            ) -> Poll<io::Result<usize>> {
                match &mut self.inner {
                    $inner::Tcp(stream) => Pin::new(stream).poll_write_vectored(cx, bufs),
                    $inner::Unix(stream) => Pin::new(stream).poll_write_vectored(cx, bufs),
                    $($inner::$moved => unreachable!("{MOVED}"),)?
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
                match &mut self.inner {
                    $inner::Tcp(stream) => Pin::new(stream).poll_shutdown(cx),
                    $inner::Unix(stream) => Pin::new(stream).poll_shutdown(cx),
                    $($inner::$moved => unreachable!("{MOVED}"),)?
                }
            }
        }
    };
}

read!(Stream, Inner, Moved);
write!(Stream, Inner, Moved);
read!(ReadHalf, InnerRead);
write!(WriteHalf, InnerWrite);
