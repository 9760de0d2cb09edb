//! A socket that waits: try, and if that would block, wait for readiness.

use std::io;
use std::net::SocketAddr;
use std::task::{Context, Poll, ready};

use net_traits::{Endpoint, Error, Operation};
use tokio::task::coop;

use crate::abi::{self, Errno, Fd};
use crate::host::HostKind;
use crate::interests::{Key, Shape};
use crate::runtime::{ensure_driven, host_kind, with_reactor};
use crate::sockaddr::{Family, RawAddress, STORAGE_LEN, read_storage};
use crate::subscription::Direction;

/// An open, non-blocking socket, registered with the reactor.
#[derive(Debug)]
pub(crate) struct Socket {
    fd: Fd,
    key: Key,
    family: Family,
}

impl Socket {
    /// Opens a socket of the family of `endpoint`.
    pub(crate) fn open(endpoint: &Endpoint, shape: Shape) -> io::Result<Self> {
        let family = match endpoint.as_ip() {
            Some(SocketAddr::V4(_)) => Family::Inet4,
            Some(SocketAddr::V6(_)) => Family::Inet6,
            None => unix_family(host_kind())?,
        };
        let kind = match shape {
            Shape::Stream => abi::TYPE_STREAM,
            Shape::Datagram => abi::TYPE_DATAGRAM,
        };
        let socket = Socket::register(abi::open(family, kind)?, family, shape);
        abi::set_nonblocking(socket.fd)?;
        Ok(socket)
    }

    /// Registers a stream socket that the host had opened.
    pub(crate) fn adopt(fd: Fd) -> io::Result<Self> {
        abi::set_nonblocking(fd)?;
        let (storage, port) = abi::local_addr(fd)?;
        let local = read_storage(&storage, port, Family::Inet6, host_kind());
        let family = match local.as_ip() {
            Some(_) if storage[0] == Family::Inet4 as u8 => Family::Inet4,
            Some(_) => Family::Inet6,
            None => unix_family(host_kind())?,
        };
        Ok(Socket::register(fd, family, Shape::Stream))
    }

    /// Registers a non-blocking descriptor.
    fn register(fd: Fd, family: Family, shape: Shape) -> Self {
        let key = with_reactor(|reactor| reactor.interests.insert(fd, shape));
        Socket { fd, key, family }
    }

    pub(crate) fn fd(&self) -> Fd {
        self.fd
    }

    pub(crate) fn raw(&self, endpoint: &Endpoint) -> io::Result<RawAddress> {
        RawAddress::for_socket(endpoint, self.family, host_kind())
    }

    pub(crate) fn bind(&self, local: &Endpoint) -> io::Result<()> {
        Ok(abi::bind(
            self.fd,
            &RawAddress::from_endpoint(local, host_kind())?,
        )?)
    }

    /// Begins to connect a stream; the caller waits with
    /// [`poll_connected`](Socket::poll_connected).
    pub(crate) fn begin_connect(&self, remote: &Endpoint) -> io::Result<()> {
        match abi::connect(self.fd, &self.raw(remote)?) {
            // A signal does not end the attempt (`man 2 connect`).
            Ok(()) | Err(Errno::INPROGRESS | Errno::INTR) => {
                let key = self.key;
                with_reactor(|reactor| reactor.interests.clear_ready(key, Direction::Write));
                Ok(())
            }
            // A Unix listener whose queue is full: there is nothing to wait
            // for (`man 2 connect`, EAGAIN).
            Err(errno) => Err(errno.into()),
        }
    }

    /// Waits for the end of an attempt to connect. Readiness is a hint, so
    /// having a peer is what shows success.
    pub(crate) fn poll_connected(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            if let Some(error) = self.take_error()? {
                return Poll::Ready(Err(error));
            }
            match abi::peer_addr(self.fd) {
                Ok(_) => return Poll::Ready(Ok(())),
                Err(Errno::NOTCONN) => self.set_not_ready(Direction::Write),
                Err(errno) => return Poll::Ready(Err(errno.into())),
            }
            ready!(self.poll_ready(Direction::Write, cx))?;
        }
    }

    /// Returns and clears the pending error of the socket.
    pub(crate) fn take_error(&self) -> io::Result<Option<io::Error>> {
        const SO_ERROR: u32 = 2;
        let by_value = host_kind().option_size_by_value();
        let bytes = abi::option::<4>(self.fd, 0, SO_ERROR, by_value)?;
        let errno = u32::from_le_bytes(bytes);
        // An errno is 16 bits wide.
        Ok((errno != 0).then(|| Errno((errno & 0xffff) as u16).into()))
    }

    /// Accepts the next connection.
    pub(crate) fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<io::Result<Socket>> {
        self.poll_io(Direction::Read, cx, |_| self.try_accept())
    }

    fn try_accept(&self) -> Result<Socket, Errno> {
        let by_flag = host_kind().accept_sets_nonblocking();
        let fd = abi::accept(self.fd, by_flag)?;
        let accepted = Socket::register(fd, self.family, Shape::Stream);
        if !by_flag {
            abi::set_nonblocking(fd)?;
        }
        Ok(accepted)
    }

    /// Runs `operation` until it does not block, waiting in between. That uses
    /// up one unit of the task's budget.
    pub(crate) fn poll_io<T>(
        &self,
        direction: Direction,
        cx: &mut Context<'_>,
        mut operation: impl FnMut(Fd) -> Result<T, Errno>,
    ) -> Poll<io::Result<T>> {
        poll_budgeted(cx, |cx| {
            loop {
                ready!(self.poll_ready(direction, cx))?;
                match operation(self.fd) {
                    Err(Errno::AGAIN) => self.set_not_ready(direction),
                    Err(Errno::INTR) => {}
                    result => return Poll::Ready(result.map_err(io::Error::from)),
                }
            }
        })
    }

    /// Waits until an operation may succeed.
    pub(crate) fn poll_ready(
        &self,
        direction: Direction,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        let key = self.key;
        let swept = with_reactor(|reactor| {
            if reactor.interests.is_ready(key, direction) {
                None
            } else {
                Some(reactor.wait(key, direction, cx.waker()))
            }
        });
        let Some(swept) = swept else {
            return Poll::Ready(Ok(()));
        };
        for waker in swept {
            waker.wake();
        }
        ensure_driven()?;
        Poll::Pending
    }

    /// Makes the next operation wait for an event: this one would have blocked,
    /// or took all there was.
    pub(crate) fn set_not_ready(&self, direction: Direction) {
        let key = self.key;
        with_reactor(|reactor| reactor.interests.clear_ready(key, direction));
    }

    pub(crate) fn local_endpoint(&self) -> io::Result<Endpoint> {
        let (storage, port) = abi::local_addr(self.fd)?;
        Ok(self.read(&storage, port))
    }

    pub(crate) fn peer_endpoint(&self) -> io::Result<Endpoint> {
        let (storage, port) = abi::peer_addr(self.fd)?;
        Ok(self.read(&storage, port))
    }

    /// As [`local_endpoint`](Socket::local_endpoint), with the operation in the
    /// error.
    pub(crate) fn local_addr(&self) -> net_traits::Result<Endpoint> {
        self.local_endpoint()
            .map_err(|error| Error::new(Operation::Address, error))
    }

    /// As [`peer_endpoint`](Socket::peer_endpoint), with the operation in the
    /// error.
    pub(crate) fn peer_addr(&self) -> net_traits::Result<Endpoint> {
        self.peer_endpoint()
            .map_err(|error| Error::new(Operation::Address, error))
    }

    /// Reads an address that the host wrote for this socket.
    pub(crate) fn read(&self, storage: &[u8; STORAGE_LEN], port: u16) -> Endpoint {
        read_storage(storage, port, self.family, host_kind())
    }

    pub(crate) fn is_unix(&self) -> bool {
        self.family == Family::Unix
    }
}

/// Runs `poll` at the cost of one unit of the task's cooperative budget, errors
/// included: a task whose operations never wait, because they succeed or
/// because they fail, still lets others run.
pub(crate) fn poll_budgeted<T>(
    cx: &mut Context<'_>,
    poll: impl FnOnce(&mut Context<'_>) -> Poll<T>,
) -> Poll<T> {
    let budget = ready!(coop::poll_proceed(cx));
    let outcome = ready!(poll(cx));
    budget.made_progress();
    Poll::Ready(outcome)
}

impl Drop for Socket {
    fn drop(&mut self) {
        // The interest goes first: a poll must never see a closed descriptor.
        let wakers = with_reactor(|reactor| reactor.interests.remove(self.key));
        // Nothing can be done about a failure, and the descriptor is gone.
        let _ = abi::close(self.fd);
        drop(wakers);
    }
}

/// Returns the family of Unix sockets if the host and the features of this
/// crate have them.
fn unix_family(host: HostKind) -> io::Result<Family> {
    let built_for_wasmedge = cfg!(feature = "wasmedge-unix");
    if host == HostKind::WasmEdge && !built_for_wasmedge {
        return Err(io::Error::new(
            io::ErrorKind::Unsupported,
            "Unix sockets on WasmEdge need the cargo feature wasmedge-unix",
        ));
    }
    Ok(Family::Unix)
}
