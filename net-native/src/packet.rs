use std::io;
use std::mem::MaybeUninit;
use std::net::SocketAddr;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use net_traits::{Datagram, Endpoint, EndpointKind, OptionName, Received, Result, SocketOption};
use socket2::{MaybeUninitSlice, SockRef};
use tokio::io::Interest;
use tokio::net::UdpSocket;
use tokio::task::coop;

use crate::readiness::Readiness;
use crate::{names, options, sys};

/// A UDP or Unix datagram socket.
#[derive(Debug)]
pub struct PacketConn {
    inner: Inner,
    receiving: Readiness,
    sending: Readiness,
}

/// What a receiver waits for. A peer that does not listen shows as an error
/// alone, for which tokio's own receivers are not woken.
const TO_RECEIVE: Interest = Interest::READABLE.add(Interest::ERROR);

#[derive(Debug)]
enum Inner {
    Udp { socket: Arc<UdpSocket>, is_v6: bool },
    Unix(Arc<sys::UnixDatagram>),
}

impl PacketConn {
    pub(crate) fn udp(socket: UdpSocket) -> io::Result<Self> {
        let is_v6 = socket.local_addr()?.is_ipv6();
        let socket = Arc::new(socket);
        Ok(PacketConn::new(Inner::Udp { socket, is_v6 }))
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

    fn sock_ref(&self) -> SockRef<'_> {
        match &self.inner {
            Inner::Udp { socket, .. } => SockRef::from(socket),
            Inner::Unix(socket) => sys::datagram_ref(socket),
        }
    }
}

impl net_traits::PacketConn for PacketConn {
    fn try_recv_from(&self, buf: &mut [u8]) -> io::Result<Received> {
        // An error to take counts as a readiness of its own.
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

/// An IPv4 address as a dual-stack socket takes it.
fn for_family(target: SocketAddr, is_v6: bool) -> SocketAddr {
    match target {
        SocketAddr::V4(v4) if is_v6 => SocketAddr::new(v4.ip().to_ipv6_mapped().into(), v4.port()),
        _ => target,
    }
}

/// Receives with the one thing that tokio's own calls do not tell: whether
/// the datagram was cut.
fn receive(socket: &SockRef<'_>, buf: &mut [u8]) -> io::Result<Received> {
    let mut bufs = [MaybeUninitSlice::new(uninit(buf))];
    let (len, flags, from) = socket.recv_from_vectored(&mut bufs)?;
    Ok(Received::new(len, names::endpoint(&from)).truncated(flags.is_truncated()))
}

/// Initialised bytes as `socket2` takes them.
#[allow(unsafe_code)]
fn uninit(buf: &mut [u8]) -> &mut [MaybeUninit<u8>] {
    // SAFETY: both types have the same layout, and `recv_from_vectored`, the
    // only user, promises to write no uninitialised bytes.
    unsafe { &mut *(std::ptr::from_mut(buf) as *mut [MaybeUninit<u8>]) }
}
