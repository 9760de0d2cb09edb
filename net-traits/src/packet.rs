use std::convert::Infallible;
use std::fmt;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use crate::{Endpoint, Error, Operation, OptionName, Result, SocketOption};

/// A datagram socket: UDP, or Unix datagrams. It may be connected to one peer.
///
/// ```
/// use net_traits::{PacketConn, Result};
///
/// async fn echo(socket: impl PacketConn) -> Result<()> {
///     let mut buf = [0; 1500];
///     loop {
///         let packet = socket.recv_from(&mut buf).await?;
///         socket.send_to(&buf[..packet.len], &packet.from).await?;
///     }
/// }
/// ```
///
/// It may be used as a trait object, [`BoxPacketConn`], and by several tasks at
/// once.
///
/// # Implementing a datagram socket
///
/// Supply attempts (`try_…`) and readiness (`poll_…_ready`); sending and
/// receiving are written here, once: wait for readiness, then try.
///
/// - Readiness is a hint: it may be wrong. An attempt that cannot proceed must
///   return [`WouldBlock`](io::ErrorKind::WouldBlock), and readiness must then be
///   pending until something has changed.
/// - When readiness changes, every task that was told [`Poll::Pending`] since the
///   last change must be woken, not only the last one.
/// - Where datagrams are always there, `poll_…_ready` must let other tasks run now
///   and then (`tokio::task::coop`).
pub trait PacketConn: AsPacketConn + fmt::Debug + Send + Sync {
    /// Receives a datagram if there is one. What does not fit into `buf` must be
    /// dropped, and [`Received::truncated`] set.
    ///
    /// # Errors
    ///
    /// Returns an error, of kind [`WouldBlock`](io::ErrorKind::WouldBlock) if there
    /// is none.
    fn try_recv_from(&self, buf: &mut [u8]) -> io::Result<Received>;

    /// Sends a datagram if there is room for it. Without a target it goes to the
    /// peer that the socket is connected to. It must send the whole datagram or
    /// nothing, and wait for nothing.
    ///
    /// # Errors
    ///
    /// Returns an error, of kind [`WouldBlock`](io::ErrorKind::WouldBlock) if there
    /// is no room.
    fn try_send(&self, datagram: &Datagram<'_>) -> io::Result<usize>;

    /// Waits until there may be a datagram to receive. If it is pending, it must wake
    /// the context's waker when that changes.
    ///
    /// # Errors
    ///
    /// Returns an error if the socket cannot be waited for.
    fn poll_recv_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>>;

    /// Waits until there may be room to send a datagram. If it is pending, it must
    /// wake the context's waker when that changes.
    ///
    /// # Errors
    ///
    /// Returns an error if the socket cannot be waited for.
    fn poll_send_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>>;

    /// Returns the address of this socket.
    ///
    /// # Errors
    ///
    /// Returns an error if the system does not tell.
    fn local_addr(&self) -> Result<Endpoint>;

    /// Returns the address of the peer that it is connected to.
    ///
    /// # Errors
    ///
    /// Returns an error of kind [`NotConnected`](io::ErrorKind::NotConnected), or
    /// the system's like, if there is none.
    fn peer_addr(&self) -> Result<Endpoint>;

    /// Changes an option.
    ///
    /// # Errors
    ///
    /// As [`Stream::set_option`](crate::Stream::set_option).
    fn set_option(&self, option: SocketOption) -> Result<()>;

    /// Reads an option.
    ///
    /// # Errors
    ///
    /// As [`Stream::set_option`](crate::Stream::set_option).
    fn option(&self, name: OptionName) -> Result<SocketOption>;

    /// Receives the next datagram.
    ///
    /// What does not fit into `buf` is lost, and [`Received::truncated`] is `true`
    /// then.
    ///
    /// # Errors
    ///
    /// Returns an error of kind
    /// [`ConnectionRefused`](io::ErrorKind::ConnectionRefused) if the socket is
    /// connected and its peer does not listen.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe: dropping the future loses no datagram.
    fn recv_from<'a>(&'a self, buf: &'a mut [u8]) -> RecvFrom<'a> {
        let socket = self.as_packet_conn();
        RecvFrom { socket, buf }
    }

    /// Sends a datagram to an address.
    ///
    /// # Errors
    ///
    /// Returns an error that names the address.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe: a dropped future has sent the whole datagram
    /// or nothing.
    fn send_to<'a>(&'a self, buf: &'a [u8], target: &'a Endpoint) -> SendDatagram<'a> {
        self.send_datagram(Datagram::new(buf).to(target))
    }

    /// Sends a datagram to the peer that the socket is connected to.
    ///
    /// # Errors
    ///
    /// Returns an error of kind [`NotConnected`](io::ErrorKind::NotConnected), or
    /// the system's like, if there is none; otherwise as
    /// [`send_to`](PacketConn::send_to).
    ///
    /// # Cancel safety
    ///
    /// As [`send_to`](PacketConn::send_to).
    fn send<'a>(&'a self, buf: &'a [u8]) -> SendDatagram<'a> {
        self.send_datagram(Datagram::new(buf))
    }

    /// Sends a datagram with all that there is to say about it.
    ///
    /// # Errors
    ///
    /// As [`send_to`](PacketConn::send_to).
    ///
    /// # Cancel safety
    ///
    /// As [`send_to`](PacketConn::send_to).
    fn send_datagram<'a>(&'a self, datagram: Datagram<'a>) -> SendDatagram<'a> {
        let socket = self.as_packet_conn();
        SendDatagram { socket, datagram }
    }

    /// Receives the next datagram, poll-style; see
    /// [`recv_from`](PacketConn::recv_from).
    ///
    /// # Errors
    ///
    /// As [`recv_from`](PacketConn::recv_from).
    fn poll_recv_from(&self, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<Received>> {
        loop {
            ready!(self.poll_recv_ready(cx))?;
            match self.try_recv_from(buf) {
                Err(error) if is_retried(&error) => {}
                result => return Poll::Ready(result),
            }
        }
    }

    /// Sends a datagram, poll-style; see [`send_to`](PacketConn::send_to).
    ///
    /// # Errors
    ///
    /// As [`send_to`](PacketConn::send_to).
    fn poll_send(&self, cx: &mut Context<'_>, datagram: &Datagram<'_>) -> Poll<io::Result<usize>> {
        loop {
            ready!(self.poll_send_ready(cx))?;
            match self.try_send(datagram) {
                Err(error) if is_retried(&error) => {}
                result => return Poll::Ready(result),
            }
        }
    }
}

/// Whether to try again: there is nothing yet, or a signal came between.
fn is_retried(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted
    )
}

/// Makes a [`PacketConn`] a trait object. It is implemented for all of them.
pub trait AsPacketConn {
    /// Returns the socket as a trait object.
    #[doc(hidden)]
    fn as_packet_conn(&self) -> &dyn PacketConn;
}

impl<P: PacketConn> AsPacketConn for P {
    fn as_packet_conn(&self) -> &dyn PacketConn {
        self
    }
}

/// Any [`PacketConn`], its type erased.
pub type BoxPacketConn = Box<dyn PacketConn>;

/// A datagram to send: its bytes, and where to.
///
/// ```
/// use net_traits::{Datagram, Endpoint};
///
/// let target: Endpoint = "127.0.0.1:53".parse()?;
/// let datagram = Datagram::new(b"query").to(&target);
/// assert_eq!(datagram.target, Some(&target));
/// # Ok::<(), net_traits::Error>(())
/// ```
// Not exhaustive: it has room for ECN, the local address, and several segments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Datagram<'a> {
    /// The bytes.
    pub payload: &'a [u8],
    /// The receiver; `None` is the peer that the socket is connected to.
    pub target: Option<&'a Endpoint>,
}

impl<'a> Datagram<'a> {
    /// Creates a datagram for the peer that a socket is connected to.
    #[must_use]
    pub fn new(payload: &'a [u8]) -> Self {
        Datagram {
            payload,
            target: None,
        }
    }

    /// Sets the receiver.
    #[must_use]
    pub fn to(mut self, target: &'a Endpoint) -> Self {
        self.target = Some(target);
        self
    }
}

/// A datagram that was received.
// Not exhaustive: it has room for ECN and the local address.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Received {
    /// The number of bytes in the buffer.
    pub len: usize,
    /// The sender.
    pub from: Endpoint,
    /// Whether the datagram was longer than the buffer.
    pub truncated: bool,
}

impl Received {
    /// Creates a datagram of `len` bytes from an address, not truncated.
    #[must_use]
    pub fn new(len: usize, from: Endpoint) -> Self {
        Received {
            len,
            from,
            truncated: false,
        }
    }

    /// Sets whether it was longer than the buffer.
    #[must_use]
    pub fn truncated(mut self, truncated: bool) -> Self {
        self.truncated = truncated;
        self
    }
}

/// The future of [`PacketConn::recv_from`].
#[derive(Debug)]
#[must_use = "futures do nothing unless awaited"]
pub struct RecvFrom<'a> {
    socket: &'a dyn PacketConn,
    buf: &'a mut [u8],
}

impl Future for RecvFrom<'_> {
    type Output = Result<Received>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        let received = this.socket.poll_recv_from(cx, this.buf);
        received.map_err(|cause| Error::new(Operation::Receive, cause))
    }
}

/// The future of [`PacketConn::send_to`] and its siblings.
#[derive(Debug)]
#[must_use = "futures do nothing unless awaited"]
pub struct SendDatagram<'a> {
    socket: &'a dyn PacketConn,
    datagram: Datagram<'a>,
}

impl Future for SendDatagram<'_> {
    type Output = Result<usize>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let sent = self.socket.poll_send(cx, &self.datagram);
        sent.map_err(|cause| {
            let error = Error::new(Operation::Send, cause);
            match self.datagram.target {
                Some(target) => error.with_endpoint(target.clone()),
                None => error,
            }
        })
    }
}

macro_rules! forward {
    ($type:ty) => {
        impl<P: PacketConn + ?Sized> PacketConn for $type {
            fn try_recv_from(&self, buf: &mut [u8]) -> io::Result<Received> {
                (**self).try_recv_from(buf)
            }

            fn try_send(&self, datagram: &Datagram<'_>) -> io::Result<usize> {
                (**self).try_send(datagram)
            }

            fn poll_recv_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                (**self).poll_recv_ready(cx)
            }

            fn poll_send_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                (**self).poll_send_ready(cx)
            }

            fn local_addr(&self) -> Result<Endpoint> {
                (**self).local_addr()
            }

            fn peer_addr(&self) -> Result<Endpoint> {
                (**self).peer_addr()
            }

            fn set_option(&self, option: SocketOption) -> Result<()> {
                (**self).set_option(option)
            }

            fn option(&self, name: OptionName) -> Result<SocketOption> {
                (**self).option(name)
            }

            // The socket may have its own, such as one that counts.
            fn poll_recv_from(
                &self,
                cx: &mut Context<'_>,
                buf: &mut [u8],
            ) -> Poll<io::Result<Received>> {
                (**self).poll_recv_from(cx, buf)
            }

            fn poll_send(
                &self,
                cx: &mut Context<'_>,
                datagram: &Datagram<'_>,
            ) -> Poll<io::Result<usize>> {
                (**self).poll_send(cx, datagram)
            }
        }
    };
}

forward!(&P);
forward!(Box<P>);
forward!(Arc<P>);

/// For a backend without datagram sockets: there is never one.
impl PacketConn for Infallible {
    fn try_recv_from(&self, _buf: &mut [u8]) -> io::Result<Received> {
        match *self {}
    }

    fn try_send(&self, _datagram: &Datagram<'_>) -> io::Result<usize> {
        match *self {}
    }

    fn poll_recv_ready(&self, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match *self {}
    }

    fn poll_send_ready(&self, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match *self {}
    }

    fn local_addr(&self) -> Result<Endpoint> {
        match *self {}
    }

    fn peer_addr(&self) -> Result<Endpoint> {
        match *self {}
    }

    fn set_option(&self, _option: SocketOption) -> Result<()> {
        match *self {}
    }

    fn option(&self, _name: OptionName) -> Result<SocketOption> {
        match *self {}
    }
}
