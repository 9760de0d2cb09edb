use std::future::poll_fn;
use std::io;
use std::mem::MaybeUninit;
use std::net::SocketAddr;
use std::task::{Context, Poll};

use net_traits::{Endpoint, OptionName, Received, Result, SocketOption};
use socket2::{MaybeUninitSlice, SockRef};
use tokio::io::Interest;
use tokio::net::UdpSocket;
use tokio::task::coop;

use crate::{names, options, unix};

/// A UDP or Unix datagram socket.
///
/// `poll_readable` and `poll_recv_from` are not woken by a peer that refuses,
/// as tokio's own are not; `readable` and `recv_from` are.
#[derive(Debug)]
pub struct PacketConn(Inner);

/// What a receiver waits for. A peer that does not listen shows as an error
/// alone, which `readable` of tokio does not wake for.
const TO_RECEIVE: Interest = Interest::READABLE.add(Interest::ERROR);

/// tokio's futures do this when they have waited for readiness.
async fn share_the_thread() {
    poll_fn(coop::poll_proceed).await.made_progress();
}

#[derive(Debug)]
enum Inner {
    Udp { socket: UdpSocket, is_v6: bool },
    Unix(unix::UnixDatagram),
}

impl PacketConn {
    pub(crate) fn udp(socket: UdpSocket) -> io::Result<Self> {
        let is_v6 = socket.local_addr()?.is_ipv6();
        Ok(PacketConn(Inner::Udp { socket, is_v6 }))
    }

    pub(crate) fn unix(socket: unix::UnixDatagram) -> Self {
        PacketConn(Inner::Unix(socket))
    }

    fn try_receive(&self, interest: Interest, buf: &mut [u8]) -> io::Result<Received> {
        let receive = || receive(&self.sock_ref(), buf);
        match &self.0 {
            Inner::Udp { socket, .. } => socket.try_io(interest, receive),
            Inner::Unix(socket) => socket.try_io(interest, receive),
        }
    }

    fn sock_ref(&self) -> SockRef<'_> {
        match &self.0 {
            Inner::Udp { socket, .. } => SockRef::from(socket),
            Inner::Unix(socket) => unix::datagram_ref(socket),
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

    fn try_send(&self, buf: &[u8], target: Option<&Endpoint>) -> io::Result<usize> {
        match (&self.0, target) {
            (Inner::Udp { socket, .. }, None) => socket.try_send(buf),
            (Inner::Unix(socket), None) => socket.try_send(buf),
            (Inner::Udp { socket, is_v6 }, Some(Endpoint::Ip(target))) => {
                socket.try_send_to(buf, for_family(*target, *is_v6))
            }
            (Inner::Unix(socket), Some(Endpoint::Unix(target))) => {
                unix::try_send_to(socket, buf, target)
            }
            (_, Some(target)) => Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                format!("{target} is an address of another network than the socket's"),
            )),
        }
    }

    async fn readable(&self) -> io::Result<()> {
        share_the_thread().await;
        match &self.0 {
            Inner::Udp { socket, .. } => socket.ready(TO_RECEIVE).await?,
            Inner::Unix(socket) => socket.ready(TO_RECEIVE).await?,
        };
        Ok(())
    }

    async fn writable(&self) -> io::Result<()> {
        share_the_thread().await;
        match &self.0 {
            Inner::Udp { socket, .. } => socket.writable().await,
            Inner::Unix(socket) => socket.writable().await,
        }
    }

    fn poll_readable(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &self.0 {
            Inner::Udp { socket, .. } => socket.poll_recv_ready(cx),
            Inner::Unix(socket) => socket.poll_recv_ready(cx),
        }
    }

    fn poll_writable(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &self.0 {
            Inner::Udp { socket, .. } => socket.poll_send_ready(cx),
            Inner::Unix(socket) => socket.poll_send_ready(cx),
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
