use std::future::poll_fn;
use std::io;
use std::task::{Context, Poll};

use net_traits::{Endpoint, Error, Operation, OptionName, Received, Result, SocketOption};

use crate::abi::{self, Errno};
use crate::options;
use crate::runtime::host_kind;
use crate::sockaddr::read_storage;
use crate::socket::Socket;
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

    /// Notes that an operation would have blocked.
    fn noted<T>(
        &self,
        direction: Direction,
        result: std::result::Result<T, Errno>,
    ) -> io::Result<T> {
        if let Err(Errno::AGAIN) = result {
            self.socket.set_not_ready(direction);
        }
        result.map_err(io::Error::from)
    }
}

impl net_traits::PacketConn for PacketConn {
    fn try_recv_from(&self, buf: &mut [u8]) -> io::Result<Received> {
        let host = host_kind();
        let result = self.noted(Direction::Read, abi::recv_from(self.socket.fd(), buf));
        result.map(|datagram| {
            let port = host.received_port(datagram.port);
            let from = read_storage(&datagram.storage, port, host);
            Received::new(datagram.len, from).truncated(datagram.truncated)
        })
    }

    fn try_send(&self, buf: &[u8], target: Option<&Endpoint>) -> io::Result<usize> {
        let fd = self.socket.fd();
        let sent = match target {
            Some(target) => abi::send_to(fd, buf, &self.socket.raw(target)?),
            None => abi::send(fd, &[io::IoSlice::new(buf)]),
        };
        self.noted(Direction::Write, sent)
    }

    async fn readable(&self) -> io::Result<()> {
        poll_fn(|cx| self.poll_readable(cx)).await
    }

    async fn writable(&self) -> io::Result<()> {
        poll_fn(|cx| self.poll_writable(cx)).await
    }

    fn poll_readable(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.socket.poll_ready(Direction::Read, cx)
    }

    fn poll_writable(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.socket.poll_ready(Direction::Write, cx)
    }

    fn local_addr(&self) -> Result<Endpoint> {
        self.socket
            .local_endpoint()
            .map_err(|error| Error::new(Operation::Address, error))
    }

    fn peer_addr(&self) -> Result<Endpoint> {
        self.socket
            .peer_endpoint()
            .map_err(|error| Error::new(Operation::Address, error))
    }

    fn set_option(&self, option: SocketOption) -> Result<()> {
        options::set(&self.socket, option).map_err(|error| Error::new(Operation::SetOption, error))
    }

    fn option(&self, name: OptionName) -> Result<SocketOption> {
        options::get(&self.socket, name).map_err(|error| Error::new(Operation::GetOption, error))
    }
}
