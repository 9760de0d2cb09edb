use std::io;
use std::task::{Context, Poll};

use net_traits::{Datagram, Endpoint, OptionName, Received, Result, SocketOption};

use crate::abi::{self, Errno};
use crate::options;
use crate::runtime::host_kind;
use crate::socket::{Socket, poll_budgeted};
use crate::subscription::Direction;

/// A UDP or Unix datagram socket.
#[derive(Debug)]
pub struct PacketConn {
    socket: Socket,
}

impl PacketConn {
    pub(crate) fn new(socket: Socket) -> Self {
        PacketConn { socket }
    }

    fn poll_ready(&self, direction: Direction, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        poll_budgeted(cx, |cx| self.socket.poll_ready(direction, cx))
    }

    /// Makes the next operation wait if this one would have blocked.
    fn noted<T>(
        &self,
        direction: Direction,
        result: std::result::Result<T, Errno>,
    ) -> std::result::Result<T, Errno> {
        if let Err(Errno::AGAIN) = result {
            self.socket.set_not_ready(direction);
        }
        result
    }

    /// Returns whether `target` is the peer that the socket is connected to:
    /// wasi-go refuses even that as a target.
    fn is_peer(&self, target: &Endpoint) -> bool {
        self.socket
            .peer_endpoint()
            .is_ok_and(|peer| peer == *target)
    }
}

impl net_traits::PacketConn for PacketConn {
    fn try_recv_from(&self, buf: &mut [u8]) -> io::Result<Received> {
        let received = abi::recv_from(self.socket.fd(), buf);
        match self.noted(Direction::Read, received) {
            Ok(datagram) => {
                let port = host_kind().received_port(datagram.port);
                let from = self.socket.read(&datagram.storage, port);
                Ok(Received::new(datagram.len, from).truncated(datagram.truncated))
            }
            Err(Errno::INVAL) if self.socket.is_unix() => Err(io::Error::new(
                io::ErrorKind::InvalidData,
                format!("{} drops datagrams of unnamed senders", host_kind()),
            )),
            Err(errno) => Err(errno.into()),
        }
    }

    fn try_send(&self, datagram: &Datagram<'_>) -> io::Result<usize> {
        let fd = self.socket.fd();
        let to_peer = || abi::send(fd, &[io::IoSlice::new(datagram.payload)]);
        let sent = match datagram.target {
            None => to_peer(),
            Some(target) => match abi::send_to(fd, datagram.payload, &self.socket.raw(target)?) {
                Err(Errno::ISCONN) if self.is_peer(target) => to_peer(),
                sent => sent,
            },
        };
        Ok(self.noted(Direction::Write, sent)?)
    }

    fn poll_recv_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_ready(Direction::Read, cx)
    }

    fn poll_send_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_ready(Direction::Write, cx)
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
}
