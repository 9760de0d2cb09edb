//! Operations on sockets, with the policy checked and blocking emulated.

use std::io::IoSlice;
use std::net::{Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr};
use std::time::Instant;

use crate::address::{Address, UnixAddress};
use crate::errno::Errno;
use crate::network::{Family, Interest, Received, SocketKind, SocketOption};
use crate::notices::Notices;
use crate::policy::{Binding, Dial, Guard};
use crate::process::failure::Failure;
use crate::process::open_socket::{Bound, OpenSocket};
use crate::process::poller::Sources;
use crate::process::{Process, wait};

const READ: Interest = Interest {
    read: true,
    write: false,
};
const WRITE: Interest = Interest {
    read: false,
    write: true,
};

impl Process {
    /// Opens a socket.
    pub(crate) fn open(&mut self, family: Family, kind: SocketKind) -> Result<u32, Failure> {
        self.refuse_if_full()?;
        let socket = self.network.open(family, kind)?;
        let fd = self.sources.insert(OpenSocket::new(socket, family, kind))?;
        Ok(fd)
    }

    fn refuse_if_full(&mut self) -> Result<(), Errno> {
        if self.sources.is_full() {
            self.notices.too_many_sockets();
            return Err(Errno::MFILE);
        }
        Ok(())
    }

    /// Closes a socket.
    pub(crate) fn close(&mut self, fd: u32) -> Result<(), Failure> {
        let place = self.sources.place(fd).ok_or(Errno::BADF)?;
        self.poller.forget(place, &self.sources.readiness(place));
        self.sources.remove(fd)?;
        Ok(())
    }

    /// Binds a socket, if the policy allows it.
    pub(crate) fn bind(&mut self, fd: u32, address: &Address) -> Result<(), Failure> {
        let open = self.sources.socket(fd)?;
        let (bound, at, path) = match address {
            Address::Ip(ip) => {
                let binding = self.guard.bind(open.transport(), *ip);
                let bound = match self.notices.pass(binding)? {
                    Binding::Client => Bound::Client,
                    Binding::Granted => Bound::Granted,
                };
                (bound, address.clone(), None)
            }
            Address::Unix(UnixAddress::Unnamed) => return Err(Errno::INVAL.into()),
            Address::Unix(unix) => {
                let at = self.notices.pass(self.guard.unix_bind(unix))?;
                (Bound::Granted, at.into(), Some(unix.clone()))
            }
        };
        open.socket.bind(&at)?;
        open.bound = bound;
        open.path = path;
        Ok(())
    }

    /// Listens for connections.
    pub(crate) fn listen(&mut self, fd: u32, backlog: i32) -> Result<(), Failure> {
        let open = self.sources.socket(fd)?;
        if open.kind == SocketKind::Datagram {
            return Err(Errno::NOTSUP.into());
        }
        if open.bound == Bound::Client {
            // No rule has allowed the wildcard address yet.
            let everywhere = match open.family {
                Family::V4 => Some(SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0))),
                Family::V6 => Some(SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0))),
                Family::Unix => None,
            };
            if let Some(everywhere) = everywhere {
                self.notices.pass(self.guard.listen_unbound(everywhere))?;
            }
        }
        Ok(open.socket.listen(backlog)?)
    }

    /// Accepts a connection.
    pub(crate) fn accept(&mut self, fd: u32, nonblocking: bool) -> Result<(u32, Address), Failure> {
        // Checked before the connection is removed from the queue.
        self.sources.socket(fd)?;
        self.refuse_if_full()?;
        let open = self.sources.socket(fd)?;
        let (family, kind) = (open.family, open.kind);
        let timeout = open.recv_timeout;
        let (socket, peer) =
            open.patiently(READ, timeout, &self.stop, |open| open.socket.accept())?;
        let mut accepted = OpenSocket::new(socket, family, kind);
        accepted.nonblocking = nonblocking;
        accepted.bound = Bound::Granted;
        Ok((self.sources.insert(accepted)?, peer))
    }

    /// Connects, or starts connecting if the socket is non-blocking.
    pub(crate) fn connect(&mut self, fd: u32, address: &Address) -> Result<(), Failure> {
        let open = self.sources.socket(fd)?;
        let to = allowed(
            &mut self.guard,
            &mut self.notices,
            Dial::Connect,
            open,
            address,
        )?;
        let deadline = open.send_timeout.map(|timeout| Instant::now() + timeout);
        loop {
            match open.socket.connect(&to) {
                Err(Errno::INPROGRESS) if !open.nonblocking => break,
                // A Unix listener with a full backlog; nothing reports when it has room.
                Err(Errno::AGAIN) if !open.nonblocking => wait::pause(deadline, &self.stop)?,
                outcome => return Ok(outcome?),
            }
        }
        wait::until_ready(open.socket.as_mut(), WRITE, deadline, &self.stop)?;
        let pending = open.socket.option(SocketOption::Error)?;
        if let Some(errno) = Errno::from_code(pending) {
            return Err(errno.into());
        }
        // Consumes the success that Linux reports once more to the next connect.
        let _ = open.socket.connect(&to);
        Ok(())
    }

    /// Receives data; if `peek` is set, it stays in the queue.
    #[inline]
    pub(crate) fn recv(
        &mut self,
        fd: u32,
        buf: &mut [u8],
        peek: bool,
    ) -> Result<Received, Failure> {
        let open = self.sources.socket(fd)?;
        if let Some(errno) = open.pending.take() {
            return Err(errno.into());
        }
        if open.hears_anyone() {
            return self.recv_from(fd, buf, peek).map(|(received, _)| received);
        }
        match open.socket.recv(buf, peek) {
            Err(Errno::AGAIN) if !open.nonblocking => {}
            received => return Ok(received?),
        }
        let timeout = open.recv_timeout;
        open.patiently(READ, timeout, &self.stop, |open| {
            open.socket.recv(buf, peek)
        })
    }

    /// Receives data, and returns its source if it is known.
    pub(crate) fn recv_from(
        &mut self,
        fd: u32,
        buf: &mut [u8],
        peek: bool,
    ) -> Result<(Received, Option<Address>), Failure> {
        let open = self.sources.socket(fd)?;
        let filtered = open.hears_anyone();
        let timeout = open.recv_timeout;
        open.patiently(READ, timeout, &self.stop, |open| {
            loop {
                let (received, from) = open.socket.recv_from(buf, peek)?;
                match from {
                    Some(Address::Ip(ip)) if filtered && !self.guard.receive(ip) => {
                        // The datagram is dropped without a trace.
                        buf[..received.len].fill(0);
                        if peek {
                            open.socket.recv(&mut [], false)?;
                        }
                        // They may arrive faster than they are dropped.
                        if self.stop.reason().is_some() {
                            return Err(Errno::AGAIN);
                        }
                    }
                    from => return Ok((received, from)),
                }
            }
        })
    }

    /// Sends to the peer.
    #[inline]
    pub(crate) fn send(&mut self, fd: u32, bufs: &[IoSlice<'_>]) -> Result<usize, Failure> {
        let open = self.sources.socket(fd)?;
        match open.socket.send(bufs) {
            Err(Errno::AGAIN) if !open.nonblocking => {}
            sent => return Ok(sent?),
        }
        let timeout = open.send_timeout;
        open.patiently(WRITE, timeout, &self.stop, |open| open.socket.send(bufs))
    }

    /// Sends a datagram, if the policy allows its destination.
    pub(crate) fn send_to(
        &mut self,
        fd: u32,
        bufs: &[IoSlice<'_>],
        address: &Address,
    ) -> Result<usize, Failure> {
        let open = self.sources.socket(fd)?;
        let to = allowed(
            &mut self.guard,
            &mut self.notices,
            Dial::Send,
            open,
            address,
        )?;
        let timeout = open.send_timeout;
        open.patiently(WRITE, timeout, &self.stop, |open| {
            open.socket.send_to(bufs, &to)
        })
    }

    /// Shuts down one direction, or both.
    pub(crate) fn shutdown(&mut self, fd: u32, how: Shutdown) -> Result<(), Failure> {
        Ok(self.sources.socket(fd)?.socket.shutdown(how)?)
    }

    /// Returns the local address; a path is as the guest passed it.
    pub(crate) fn local_address(&mut self, fd: u32) -> Result<Address, Failure> {
        let open = self.sources.socket(fd)?;
        match &open.path {
            Some(path) => Ok(path.clone().into()),
            None => Ok(open.socket.local_address()?),
        }
    }

    /// Returns the peer's address.
    pub(crate) fn peer_address(&mut self, fd: u32) -> Result<Address, Failure> {
        Ok(self.sources.socket(fd)?.socket.peer_address()?)
    }
}

/// Checks the destination of a connection or datagram, and returns the address to
/// use.
fn allowed(
    guard: &mut Guard,
    notices: &mut Notices,
    dial: Dial,
    open: &OpenSocket,
    address: &Address,
) -> Result<Address, Failure> {
    Ok(match address {
        Address::Ip(ip) => notices
            .pass(guard.dial(dial, open.transport(), *ip))?
            .into(),
        Address::Unix(UnixAddress::Unnamed) => return Err(Errno::INVAL.into()),
        Address::Unix(unix) => {
            let checked = match dial {
                Dial::Connect => guard.unix_connect(unix),
                Dial::Send => guard.unix_send(unix),
            };
            notices.pass(checked)?.into()
        }
    })
}
