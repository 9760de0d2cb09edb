use std::fmt;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::{Endpoint, KeepAlive, OptionName, Result, SocketOption};

/// A connection: a stream of bytes each way.
///
/// Reading and writing are poll-style, by tokio's [`AsyncRead`] and
/// [`AsyncWrite`], so every protocol crate of the tokio ecosystem runs on it.
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
///
/// # Implementing a stream
///
/// - Dropping a pending read must lose no byte. Dropping a pending write must
///   have sent a prefix of it or nothing.
/// - `poll_shutdown` must end the write direction only: the peer reads the end of
///   the stream, and its data still arrives.
/// - Dropping a stream must close it.
///
/// ```
/// use std::io;
/// use std::pin::Pin;
/// use std::task::{Context, Poll};
/// use net_traits::{Endpoint, Error, Operation, OptionName, Result, SocketOption, Stream};
/// use net_traits::{UnixAddress, UnsupportedOption};
/// use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf};
///
/// /// One end of a connection in memory: a pipe for each direction.
/// struct Pipe {
///     read: DuplexStream,
///     write: DuplexStream,
/// }
///
/// impl Stream for Pipe {
///     type ReadHalf = DuplexStream;
///     type WriteHalf = DuplexStream;
///
///     fn into_split(self) -> (DuplexStream, DuplexStream) {
///         (self.read, self.write)
///     }
///
///     fn local_addr(&self) -> Result<Endpoint> {
///         Ok(UnixAddress::unnamed().into())
///     }
///
///     fn peer_addr(&self) -> Result<Endpoint> {
///         Ok(UnixAddress::unnamed().into())
///     }
///
///     fn set_option(&self, option: SocketOption) -> Result<()> {
///         let refused = UnsupportedOption::new(option.name(), "a pipe");
///         Err(Error::new(Operation::SetOption, refused))
///     }
///
///     fn option(&self, name: OptionName) -> Result<SocketOption> {
///         Err(Error::new(Operation::GetOption, UnsupportedOption::new(name, "a pipe")))
///     }
/// }
///
/// impl AsyncRead for Pipe {
///     fn poll_read(
///         mut self: Pin<&mut Self>,
///         cx: &mut Context<'_>,
///         buf: &mut ReadBuf<'_>,
///     ) -> Poll<io::Result<()>> {
///         Pin::new(&mut self.read).poll_read(cx, buf)
///     }
/// }
///
/// impl AsyncWrite for Pipe {
///     fn poll_write(
///         mut self: Pin<&mut Self>,
///         cx: &mut Context<'_>,
///         buf: &[u8],
///     ) -> Poll<io::Result<usize>> {
///         Pin::new(&mut self.write).poll_write(cx, buf)
///     }
///
///     fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
///         Pin::new(&mut self.write).poll_flush(cx)
///     }
///
///     fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
///         Pin::new(&mut self.write).poll_shutdown(cx)
///     }
/// }
/// ```
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin + 'static {
    /// The reading half.
    type ReadHalf: AsyncRead + Send + Unpin + 'static;
    /// The writing half. Dropping it must end the write direction.
    type WriteHalf: AsyncWrite + Send + Unpin + 'static;

    /// Splits into halves that two tasks may own. The connection closes when
    /// both are dropped.
    fn into_split(self) -> (Self::ReadHalf, Self::WriteHalf)
    where
        Self: Sized;

    /// Returns the address of this end.
    ///
    /// # Errors
    ///
    /// Returns an error if the system does not tell.
    fn local_addr(&self) -> Result<Endpoint>;

    /// Returns the address of the other end.
    ///
    /// # Errors
    ///
    /// Returns an error if the system does not tell, as when the connection is
    /// gone.
    fn peer_addr(&self) -> Result<Endpoint>;

    /// Changes an option.
    ///
    /// # Errors
    ///
    /// Returns an error of kind [`Unsupported`](io::ErrorKind::Unsupported) that
    /// names the option and the host if the host cannot honour it, and of kind
    /// [`InvalidInput`](io::ErrorKind::InvalidInput) that names the option if the
    /// value is not valid.
    fn set_option(&self, option: SocketOption) -> Result<()>;

    /// Reads an option.
    ///
    /// # Errors
    ///
    /// As [`set_option`](Stream::set_option).
    fn option(&self, name: OptionName) -> Result<SocketOption>;

    /// Reads bytes without removing them: the next read returns them again.
    /// `Ready` without a byte is the end of the stream.
    ///
    /// # Errors
    ///
    /// Returns an error of kind [`Unsupported`](io::ErrorKind::Unsupported) where
    /// the stream cannot look ahead; this is the default.
    fn poll_peek(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let _ = (cx, buf);
        Poll::Ready(Err(io::Error::new(
            io::ErrorKind::Unsupported,
            "this stream cannot peek",
        )))
    }

    /// Sets whether small writes are sent at once (`TCP_NODELAY`).
    ///
    /// # Errors
    ///
    /// As [`set_option`](Stream::set_option).
    fn set_nodelay(&self, on: bool) -> Result<()> {
        self.set_option(SocketOption::NoDelay(on))
    }

    /// Sets whether and how the connection is probed while it is idle.
    ///
    /// # Errors
    ///
    /// As [`set_option`](Stream::set_option).
    fn set_keepalive(&self, keepalive: Option<KeepAlive>) -> Result<()> {
        self.set_option(SocketOption::KeepAlive(keepalive))
    }

    /// Sets what a close does with unsent data; see [`SocketOption::Linger`].
    ///
    /// # Errors
    ///
    /// As [`set_option`](Stream::set_option).
    fn set_linger(&self, linger: Option<Duration>) -> Result<()> {
        self.set_option(SocketOption::Linger(linger))
    }
}

/// The object-safe side of [`Stream`]; every stream has it.
trait DynStream: AsyncRead + AsyncWrite + Send + Unpin {
    fn split_box(self: Box<Self>) -> (BoxReadHalf, BoxWriteHalf);
    fn dyn_local_addr(&self) -> Result<Endpoint>;
    fn dyn_peer_addr(&self) -> Result<Endpoint>;
    fn dyn_set_option(&self, option: SocketOption) -> Result<()>;
    fn dyn_option(&self, name: OptionName) -> Result<SocketOption>;
    fn dyn_poll_peek(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>>;
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

    fn dyn_poll_peek(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.poll_peek(cx, buf)
    }
}

/// Any [`Stream`], its type erased.
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

    fn poll_peek(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.0).dyn_poll_peek(cx, buf)
    }
}

/// The reading half of a [`BoxStream`].
pub struct BoxReadHalf(Box<dyn AsyncRead + Send + Unpin>);

/// The writing half of a [`BoxStream`].
pub struct BoxWriteHalf(Box<dyn AsyncWrite + Send + Unpin>);

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

macro_rules! debug {
    ($type:ident) => {
        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($type)).finish_non_exhaustive()
            }
        }
    };
}

debug!(BoxStream);
debug!(BoxReadHalf);
debug!(BoxWriteHalf);
