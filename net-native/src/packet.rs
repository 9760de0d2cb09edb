use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use net_traits::{Datagram, Endpoint, EndpointKind, OptionName, Received, Result, SocketOption};
use socket2::SockRef;
use tokio::io::Interest;
use tokio::net::UdpSocket;
use tokio::task::coop;

use crate::readiness::Readiness;
use crate::{names, options, sys};

/// A UDP or Unix datagram socket.
///
/// It converts from the sockets of [`std`] and tokio, and into those of tokio.
#[derive(Debug)]
pub struct PacketConn {
    inner: Inner,
    receiving: Readiness,
    sending: Readiness,
}

/// What a receiver waits for. A peer that does not listen causes an error and nothing to read,
/// for which tokio's own receivers are not woken.
const TO_RECEIVE: Interest = Interest::READABLE.add(Interest::ERROR);

#[derive(Debug)]
enum Inner {
    Udp { socket: Arc<UdpSocket>, is_v6: bool },
    Unix(Arc<sys::UnixDatagram>),
}

impl PacketConn {
    pub(crate) fn udp(socket: UdpSocket) -> Self {
        let is_v6 = options::is_v6(&SockRef::from(&socket));
        let socket = Arc::new(socket);
        PacketConn::new(Inner::Udp { socket, is_v6 })
    }

    pub(crate) fn unix(socket: sys::UnixDatagram) -> Self {
        PacketConn::new(Inner::Unix(Arc::new(socket)))
    }

    fn new(inner: Inner) -> Self {
        PacketConn {
            inner,
            receiving: Readiness::new(),
            sending: Readiness::new(),
        }
    }

    fn poll_ready(
        &self,
        cx: &mut Context<'_>,
        readiness: &Readiness,
        interest: Interest,
    ) -> Poll<io::Result<()>> {
        let budget = ready!(coop::poll_proceed(cx));
        let ready = match &self.inner {
            Inner::Udp { socket, .. } => {
                let socket = Arc::clone(socket);
                readiness.poll(cx, move || {
                    let socket = Arc::clone(&socket);
                    async move { socket.ready(interest).await.map(drop) }
                })
            }
            Inner::Unix(socket) => {
                let socket = Arc::clone(socket);
                readiness.poll(cx, move || {
                    let socket = Arc::clone(&socket);
                    async move { socket.ready(interest).await.map(drop) }
                })
            }
        };
        let result = ready!(ready);
        budget.made_progress();
        Poll::Ready(result)
    }

    fn try_receive(&self, interest: Interest, buf: &mut [u8]) -> io::Result<Received> {
        let receive = || receive(&self.sock_ref(), buf);
        match &self.inner {
            Inner::Udp { socket, .. } => socket.try_io(interest, receive),
            Inner::Unix(socket) => socket.try_io(interest, receive),
        }
    }

    #[allow(clippy::result_large_err, reason = "it gives the value back")]
    pub(crate) fn into_udp(self) -> Result<UdpSocket, Self> {
        match self.inner {
            Inner::Udp { socket, is_v6 } => {
                // The waits have the socket too.
                drop((self.receiving, self.sending));
                Arc::try_unwrap(socket)
                    .map_err(|socket| PacketConn::new(Inner::Udp { socket, is_v6 }))
            }
            inner @ Inner::Unix(_) => Err(PacketConn { inner, ..self }),
        }
    }

    #[cfg_attr(windows, expect(dead_code, reason = "there is no such socket"))]
    #[allow(clippy::result_large_err, reason = "it gives the value back")]
    pub(crate) fn into_unix(self) -> Result<sys::UnixDatagram, Self> {
        match self.inner {
            Inner::Unix(socket) => {
                drop((self.receiving, self.sending));
                Arc::try_unwrap(socket).map_err(|socket| PacketConn::new(Inner::Unix(socket)))
            }
            inner @ Inner::Udp { .. } => Err(PacketConn { inner, ..self }),
        }
    }

    pub(crate) fn handle(&self) -> sys::Handle<'_> {
        match &self.inner {
            Inner::Udp { socket, .. } => sys::handle(&**socket),
            Inner::Unix(socket) => sys::handle(&**socket),
        }
    }

    pub(crate) fn sock_ref(&self) -> SockRef<'_> {
        match &self.inner {
            Inner::Udp { socket, .. } => SockRef::from(socket),
            Inner::Unix(socket) => SockRef::from(socket),
        }
    }
}

impl net_traits::PacketConn for PacketConn {
    fn try_recv_from(&self, buf: &mut [u8]) -> io::Result<Received> {
        // A pending error is a readiness of its own.
        match self.try_receive(Interest::READABLE, buf) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                self.try_receive(Interest::ERROR, buf)
            }
            result => result,
        }
    }

    fn try_send(&self, datagram: &Datagram<'_>) -> io::Result<usize> {
        let buf = datagram.payload;
        match (&self.inner, datagram.target.map(Endpoint::kind)) {
            (Inner::Udp { socket, .. }, None) => socket.try_send(buf),
            (Inner::Unix(socket), None) => socket.try_send(buf),
            (Inner::Udp { socket, is_v6 }, Some(EndpointKind::Ip(target))) => {
                socket.try_send_to(buf, for_family(target, *is_v6))
            }
            (Inner::Unix(socket), Some(EndpointKind::Unix(target))) => {
                sys::try_send_to(socket, buf, target)
            }
            (_, Some(_)) => Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "an address of another network than the socket's",
            )),
        }
    }

    fn poll_recv_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_ready(cx, &self.receiving, TO_RECEIVE)
    }

    fn poll_send_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_ready(cx, &self.sending, Interest::WRITABLE)
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

/// Returns a target as the socket takes it: of IPv6, it takes IPv4 addresses mapped (RFC 4291
/// §2.5.5.2).
fn for_family(target: SocketAddr, is_v6: bool) -> SocketAddr {
    match target {
        SocketAddr::V4(v4) if is_v6 => SocketAddr::new(v4.ip().to_ipv6_mapped().into(), v4.port()),
        _ => target,
    }
}

/// Receives a datagram, and whether it was truncated, which tokio's own calls do not tell.
fn receive(socket: &SockRef<'_>, buf: &mut [u8]) -> io::Result<Received> {
    let (len, flags, from) = sys::recv_from(socket, buf)?;
    Ok(Received::new(len, names::endpoint(&from)).truncated(flags.is_truncated()))
}
