use std::fmt;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::{Endpoint, KeepAlive, OptionName, Result, SocketOption};

/// A connection: a stream of bytes each way.
///
/// Reading and writing are poll-style, by tokio's [`AsyncRead`] and
/// [`AsyncWrite`], so every protocol crate of the tokio ecosystem runs on it.
///
/// # Contract
///
/// - Dropping a pending read loses no byte. Dropping a pending write has sent
///   a prefix of it or nothing.
/// - `poll_shutdown` ends the write direction only; the peer reads the end of
///   the stream, and its data still arrives.
/// - Dropping a stream closes it.
///
/// # Example
///
/// ```
/// use net_traits::{Result, Stream};
/// use tokio::io::{AsyncReadExt, AsyncWriteExt};
///
/// async fn shout<S: Stream>(stream: S) -> Result<String> {
///     let (mut read, mut write) = stream.into_split();
///     write.write_all(b"HELLO").await?;
///     write.shutdown().await?;
///     let mut answer = String::new();
///     read.read_to_string(&mut answer).await?;
///     Ok(answer)
/// }
/// ```
pub trait Stream: AsyncRead + AsyncWrite + fmt::Debug + Send + Sync + Unpin + 'static {
    /// The reading half.
    type ReadHalf: AsyncRead + fmt::Debug + Send + Sync + Unpin + 'static;
    /// The writing half. Dropping it ends the write direction.
    type WriteHalf: AsyncWrite + fmt::Debug + Send + Sync + Unpin + 'static;

    /// Splits into halves that two tasks may own. The connection closes when
    /// both are dropped.
    fn into_split(self) -> (Self::ReadHalf, Self::WriteHalf)
    where
        Self: Sized;

    /// The address of this end.
    fn local_addr(&self) -> Result<Endpoint>;

    /// The address of the other end.
    fn peer_addr(&self) -> Result<Endpoint>;

    /// Changes an option.
    ///
    /// # Errors
    ///
    /// Of kind [`Unsupported`](io::ErrorKind::Unsupported), naming the option
    /// and the host, where the host cannot honour it.
    fn set_option(&self, option: SocketOption) -> Result<()>;

    /// Reads an option.
    ///
    /// # Errors
    ///
    /// As [`set_option`](Stream::set_option).
    fn option(&self, name: OptionName) -> Result<SocketOption>;

    /// Sends small writes at once, or gathers them.
    ///
    /// # Errors
    ///
    /// As [`set_option`](Stream::set_option).
    fn set_nodelay(&self, on: bool) -> Result<()> {
        self.set_option(SocketOption::NoDelay(on))
    }

    /// Probes the connection while it is idle.
    ///
    /// # Errors
    ///
    /// As [`set_option`](Stream::set_option).
    fn set_keepalive(&self, keepalive: Option<KeepAlive>) -> Result<()> {
        self.set_option(SocketOption::KeepAlive(keepalive))
    }

    /// How long a close waits for unsent data; zero resets the connection.
    ///
    /// # Errors
    ///
    /// As [`set_option`](Stream::set_option).
    fn set_linger(&self, linger: Option<std::time::Duration>) -> Result<()> {
        self.set_option(SocketOption::Linger(linger))
    }
}

/// The object-safe side of [`Stream`]; every stream has it.
trait DynStream: AsyncRead + AsyncWrite + fmt::Debug + Send + Sync + Unpin {
    fn split_box(self: Box<Self>) -> (BoxReadHalf, BoxWriteHalf);
    fn dyn_local_addr(&self) -> Result<Endpoint>;
    fn dyn_peer_addr(&self) -> Result<Endpoint>;
    fn dyn_set_option(&self, option: SocketOption) -> Result<()>;
    fn dyn_option(&self, name: OptionName) -> Result<SocketOption>;
}

impl<S: Stream> DynStream for S {
    fn split_box(self: Box<Self>) -> (BoxReadHalf, BoxWriteHalf) {
        let (read, write) = self.into_split();
        (BoxReadHalf(Box::new(read)), BoxWriteHalf(Box::new(write)))
    }

    fn dyn_local_addr(&self) -> Result<Endpoint> {
        self.local_addr()
    }

    fn dyn_peer_addr(&self) -> Result<Endpoint> {
        self.peer_addr()
    }

    fn dyn_set_option(&self, option: SocketOption) -> Result<()> {
        self.set_option(option)
    }

    fn dyn_option(&self, name: OptionName) -> Result<SocketOption> {
        self.option(name)
    }
}

/// Any [`Stream`], its type erased.
#[derive(Debug)]
pub struct BoxStream(Box<dyn DynStream>);

impl BoxStream {
    /// Erases a stream's type.
    pub fn new(stream: impl Stream) -> Self {
        BoxStream(Box::new(stream))
    }
}

impl Stream for BoxStream {
    type ReadHalf = BoxReadHalf;
    type WriteHalf = BoxWriteHalf;

    fn into_split(self) -> (BoxReadHalf, BoxWriteHalf) {
        self.0.split_box()
    }

    fn local_addr(&self) -> Result<Endpoint> {
        self.0.dyn_local_addr()
    }

    fn peer_addr(&self) -> Result<Endpoint> {
        self.0.dyn_peer_addr()
    }

    fn set_option(&self, option: SocketOption) -> Result<()> {
        self.0.dyn_set_option(option)
    }

    fn option(&self, name: OptionName) -> Result<SocketOption> {
        self.0.dyn_option(name)
    }
}

trait DynRead: AsyncRead + fmt::Debug + Send + Sync + Unpin {}
impl<R: AsyncRead + fmt::Debug + Send + Sync + Unpin> DynRead for R {}

trait DynWrite: AsyncWrite + fmt::Debug + Send + Sync + Unpin {}
impl<W: AsyncWrite + fmt::Debug + Send + Sync + Unpin> DynWrite for W {}

/// The reading half of a [`BoxStream`].
#[derive(Debug)]
pub struct BoxReadHalf(Box<dyn DynRead>);

/// The writing half of a [`BoxStream`].
#[derive(Debug)]
pub struct BoxWriteHalf(Box<dyn DynWrite>);

macro_rules! forward_read {
    ($type:ty) => {
        impl AsyncRead for $type {
            fn poll_read(
                mut self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                buf: &mut ReadBuf<'_>,
            ) -> Poll<io::Result<()>> {
                Pin::new(&mut *self.0).poll_read(cx, buf)
            }
        }
    };
}

macro_rules! forward_write {
    ($type:ty) => {
        impl AsyncWrite for $type {
            fn poll_write(
                mut self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                buf: &[u8],
            ) -> Poll<io::Result<usize>> {
                Pin::new(&mut *self.0).poll_write(cx, buf)
            }

            fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                Pin::new(&mut *self.0).poll_flush(cx)
            }

            fn poll_shutdown(
                mut self: Pin<&mut Self>,
                cx: &mut Context<'_>,
            ) -> Poll<io::Result<()>> {
                Pin::new(&mut *self.0).poll_shutdown(cx)
            }

            fn poll_write_vectored(
                mut self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                bufs: &[io::IoSlice<'_>],
            ) -> Poll<io::Result<usize>> {
                Pin::new(&mut *self.0).poll_write_vectored(cx, bufs)
            }

            fn is_write_vectored(&self) -> bool {
                self.0.is_write_vectored()
            }
        }
    };
}

forward_read!(BoxStream);
forward_write!(BoxStream);
forward_read!(BoxReadHalf);
forward_write!(BoxWriteHalf);
