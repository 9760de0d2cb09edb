use std::fmt;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use net_traits::{Endpoint, OptionName, Result, SocketOption};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::abi::{self, Errno, Recv};
use crate::options;
use crate::socket::Socket;
use crate::subscription::Direction;

/// A TCP or Unix connection.
pub struct Stream {
    socket: Socket,
}

/// The read half of a [`Stream`].
pub struct ReadHalf {
    socket: Arc<Socket>,
}

/// The write half of a [`Stream`]. Dropping it shuts the write direction down.
pub struct WriteHalf {
    socket: Arc<Socket>,
}

impl Stream {
    pub(crate) fn new(socket: Socket) -> Self {
        Stream { socket }
    }
}

impl net_traits::Stream for Stream {
    type ReadHalf = ReadHalf;
    type WriteHalf = WriteHalf;

    fn into_split(self) -> (ReadHalf, WriteHalf) {
        let socket = Arc::new(self.socket);
        let read = ReadHalf {
            socket: Arc::clone(&socket),
        };
        (read, WriteHalf { socket })
    }

    fn local_addr(&self) -> Result<Endpoint> {
        self.socket.local_addr()
    }

    fn peer_addr(&self) -> Result<Endpoint> {
        self.socket.peer_addr()
    }

    fn set_option(&self, option: SocketOption) -> Result<()> {
        options::change(&self.socket, option)
    }

    fn option(&self, name: OptionName) -> Result<SocketOption> {
        options::read(&self.socket, name)
    }

    fn poll_peek(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if buf.remaining() == 0 {
            return Poll::Ready(Ok(()));
        }
        // Readiness stays as it is: the bytes are still there.
        ready!(self.socket.poll_io(Direction::Read, cx, |fd| {
            abi::recv_into(fd, buf, Recv::Peek)
        }))?;
        Poll::Ready(Ok(()))
    }
}

fn poll_read(socket: &Socket, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
    if buf.remaining() == 0 {
        // A host would report that it blocks.
        return Poll::Ready(Ok(()));
    }
    let filled = ready!(socket.poll_io(Direction::Read, cx, |fd| {
        abi::recv_into(fd, buf, Recv::Remove)
    }))?;
    if let (1.., false) = filled {
        // That was all there is. Readiness is level-triggered, so an event
        // reports what comes next, and a call that would find nothing is saved.
        socket.set_not_ready(Direction::Read);
    }
    Poll::Ready(Ok(()))
}

fn poll_write(
    socket: &Socket,
    cx: &mut Context<'_>,
    bufs: &[IoSlice<'_>],
) -> Poll<io::Result<usize>> {
    socket.poll_io(Direction::Write, cx, |fd| abi::send(fd, bufs))
}

fn shutdown(socket: &Socket) -> io::Result<()> {
    match abi::shutdown_write(socket.fd()) {
        // The peer is gone. tokio ignores this error too.
        Ok(()) | Err(Errno::NOTCONN) => Ok(()),
        Err(errno) => Err(errno.into()),
    }
}

macro_rules! read {
    ($type:ty) => {
        impl AsyncRead for $type {
            fn poll_read(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                buf: &mut ReadBuf<'_>,
            ) -> Poll<io::Result<()>> {
                poll_read(&self.socket, cx, buf)
            }
        }
    };
}

macro_rules! write {
    ($type:ty) => {
        impl AsyncWrite for $type {
            fn poll_write(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                buf: &[u8],
            ) -> Poll<io::Result<usize>> {
                poll_write(&self.socket, cx, &[IoSlice::new(buf)])
            }

            fn poll_write_vectored(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                bufs: &[IoSlice<'_>],
            ) -> Poll<io::Result<usize>> {
                poll_write(&self.socket, cx, bufs)
            }

            fn is_write_vectored(&self) -> bool {
                true
            }

            fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
                Poll::Ready(Ok(()))
            }

            fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
                Poll::Ready(shutdown(&self.socket))
            }
        }
    };
}

read!(Stream);
write!(Stream);
read!(ReadHalf);
write!(WriteHalf);

impl Drop for WriteHalf {
    fn drop(&mut self) {
        // As tokio's halves do, so that the peer reads the end of the stream.
        // A failure means that there is no peer.
        let _ = shutdown(&self.socket);
    }
}

macro_rules! debug {
    ($type:ident) => {
        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($type))
                    .field("fd", &self.socket.fd())
                    .finish_non_exhaustive()
            }
        }
    };
}

debug!(Stream);
debug!(ReadHalf);
debug!(WriteHalf);
