use std::convert::Infallible;
use std::fmt;
use std::future::Future;
use std::io;
use std::task::{Context, Poll};

use crate::{Endpoint, Error, Operation, OptionName, Result, SocketOption};

/// A datagram socket: UDP, or Unix datagrams. It may be connected to one peer.
///
/// ```
/// use net_traits::{PacketConn, Result};
///
/// async fn echo<P: PacketConn>(socket: P) -> Result<()> {
///     let mut buf = [0; 1500];
///     loop {
///         let packet = socket.recv_from(&mut buf).await?;
///         socket.send_to(&buf[..packet.len], &packet.from).await?;
///     }
/// }
/// ```
///
/// # For implementors
///
/// Supply attempts (`try_…`) and readiness; sending and receiving are written
/// here, once: wait for readiness, then try. Readiness is a hint: it may be
/// wrong, and the attempt that follows then answers
/// [`WouldBlock`](io::ErrorKind::WouldBlock), after which readiness must be
/// waited for anew. Where datagrams are always there, it is the wait that lets
/// other tasks run (`tokio::task::coop`). [`readable`](PacketConn::readable) and
/// [`writable`](PacketConn::writable) serve any number of tasks at once; of
/// [`poll_readable`](PacketConn::poll_readable) and
/// [`poll_writable`](PacketConn::poll_writable), only the last task to call
/// need be woken.
pub trait PacketConn: fmt::Debug + Send + Sync + 'static {
    /// Receives a datagram if there is one.
    fn try_recv_from(&self, buf: &mut [u8]) -> io::Result<Received>;

    /// Sends a datagram if there is room for it: to `target`, or to the peer
    /// that the socket is connected to.
    fn try_send(&self, buf: &[u8], target: Option<&Endpoint>) -> io::Result<usize>;

    /// Waits until there may be a datagram to receive.
    fn readable(&self) -> impl Future<Output = io::Result<()>> + Send;

    /// Waits until there may be room to send one.
    fn writable(&self) -> impl Future<Output = io::Result<()>> + Send;

    /// [`readable`](PacketConn::readable) for one task, poll-style.
    fn poll_readable(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>>;

    /// [`writable`](PacketConn::writable) for one task, poll-style.
    fn poll_writable(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>>;

    /// The address of this socket.
    fn local_addr(&self) -> Result<Endpoint>;

    /// The address of the peer that it is connected to.
    fn peer_addr(&self) -> Result<Endpoint>;

    /// Changes an option; errors as [`Stream::set_option`](crate::Stream::set_option).
    fn set_option(&self, option: SocketOption) -> Result<()>;

    /// Reads an option; errors as [`Stream::set_option`](crate::Stream::set_option).
    fn option(&self, name: OptionName) -> Result<SocketOption>;

    /// Receives the next datagram.
    ///
    /// What does not fit into `buf` is lost, and [`Received::truncated`] says
    /// so.
    ///
    /// # Errors
    ///
    /// On a connected socket, a peer that does not listen shows as
    /// [`ConnectionRefused`](io::ErrorKind::ConnectionRefused).
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses no datagram.
    fn recv_from(&self, buf: &mut [u8]) -> impl Future<Output = Result<Received>> + Send {
        async move {
            loop {
                let attempt = match self.readable().await {
                    Ok(()) => self.try_recv_from(buf),
                    Err(error) => Err(error),
                };
                match attempt {
                    Err(error) if is_for_now(&error) => {}
                    result => {
                        return result.map_err(|error| Error::new(Operation::Receive, error));
                    }
                }
            }
        }
    }

    /// Sends a datagram to an address.
    ///
    /// # Errors
    ///
    /// They name the address.
    ///
    /// # Cancel safety
    ///
    /// A dropped future has sent the whole datagram or nothing.
    fn send_to(&self, buf: &[u8], target: &Endpoint) -> impl Future<Output = Result<usize>> + Send {
        send(self, buf, Some(target))
    }

    /// Sends a datagram to the peer that the socket is connected to.
    ///
    /// # Errors
    ///
    /// [`NotConnected`](io::ErrorKind::NotConnected) or the system's like where
    /// it is not connected; otherwise as [`send_to`](PacketConn::send_to).
    ///
    /// # Cancel safety
    ///
    /// As [`send_to`](PacketConn::send_to).
    fn send(&self, buf: &[u8]) -> impl Future<Output = Result<usize>> + Send {
        send(self, buf, None)
    }

    /// [`recv_from`](PacketConn::recv_from) for one task, poll-style.
    fn poll_recv_from(&self, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<Received>> {
        loop {
            std::task::ready!(self.poll_readable(cx))?;
            match self.try_recv_from(buf) {
                Err(error) if is_for_now(&error) => {}
                result => return Poll::Ready(result),
            }
        }
    }

    /// [`send_to`](PacketConn::send_to) or [`send`](PacketConn::send) for one
    /// task, poll-style.
    fn poll_send(
        &self,
        cx: &mut Context<'_>,
        buf: &[u8],
        target: Option<&Endpoint>,
    ) -> Poll<io::Result<usize>> {
        loop {
            std::task::ready!(self.poll_writable(cx))?;
            match self.try_send(buf, target) {
                Err(error) if is_for_now(&error) => {}
                result => return Poll::Ready(result),
            }
        }
    }
}

/// Whether to try again: there is nothing yet, or a signal came between.
fn is_for_now(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted
    )
}

async fn send<P: PacketConn + ?Sized>(
    socket: &P,
    buf: &[u8],
    target: Option<&Endpoint>,
) -> Result<usize> {
    loop {
        let attempt = match socket.writable().await {
            Ok(()) => socket.try_send(buf, target),
            Err(error) => Err(error),
        };
        match attempt {
            Err(error) if is_for_now(&error) => {}
            Ok(sent) => return Ok(sent),
            Err(error) => {
                let error = Error::new(Operation::Send, error);
                return Err(match target {
                    Some(target) => error.with_endpoint(target.clone()),
                    None => error,
                });
            }
        }
    }
}

/// For a backend without datagram sockets: nobody ever has one.
impl PacketConn for Infallible {
    fn try_recv_from(&self, _buf: &mut [u8]) -> io::Result<Received> {
        match *self {}
    }

    fn try_send(&self, _buf: &[u8], _target: Option<&Endpoint>) -> io::Result<usize> {
        match *self {}
    }

    async fn readable(&self) -> io::Result<()> {
        match *self {}
    }

    async fn writable(&self) -> io::Result<()> {
        match *self {}
    }

    fn poll_readable(&self, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match *self {}
    }

    fn poll_writable(&self, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
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

/// A datagram that was received.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Received {
    /// How many bytes are in the buffer.
    pub len: usize,
    /// Who sent it.
    pub from: Endpoint,
    /// Whether the datagram was longer than the buffer.
    pub truncated: bool,
}

impl Received {
    /// A datagram of `len` bytes from an address, not truncated.
    #[must_use]
    pub fn new(len: usize, from: Endpoint) -> Self {
        Received {
            len,
            from,
            truncated: false,
        }
    }

    /// Says whether it was longer than the buffer.
    #[must_use]
    pub fn truncated(mut self, truncated: bool) -> Self {
        self.truncated = truncated;
        self
    }
}
