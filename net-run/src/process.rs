//! The state of a running guest, and what it can do with sockets.

use std::io::IoSlice;
use std::net::{Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr};
use std::time::{Duration, Instant};

use wasmtime::Memory;
use wasmtime_wasi::p1::WasiP1Ctx;

use crate::address::{Address, UnixAddress};
use crate::descriptors::{Bound, Descriptors, OpenSocket, is_socket};
use crate::errno::Errno;
use crate::failure::Failure;
use crate::limits::MemoryLimit;
use crate::network::{Family, Interest, Network, Received, Socket, SocketKind, SocketOption};
use crate::notices::Notices;
use crate::policy::{Binding, Dial, Guard, Transport};
use crate::poll_oneoff::Lists;
use crate::poller::{Poller, Sources};
use crate::stop::StopHandle;
use crate::trace::Trace;
use crate::wait;

/// The state of a running guest.
pub(crate) struct Process {
    /// Everything of WASI but for sockets and standard streams.
    pub(crate) wasi: WasiP1Ctx,
    pub(crate) memory: Option<Memory>,
    pub(crate) memory_limit: MemoryLimit,
    pub(crate) sources: Descriptors,
    pub(crate) poller: Poller,
    pub(crate) poll_lists: Lists,
    pub(crate) guard: Guard,
    pub(crate) notices: Notices,
    pub(crate) network: Box<dyn Network>,
    pub(crate) stop: StopHandle,
    pub(crate) trace: Trace,
}

/// What the guest waits for with a descriptor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PollTarget {
    /// A standard stream or a socket.
    Place(usize),
    /// A file, which is always ready.
    Always,
}

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

    /// Gives a socket its local address, if the policy allows that.
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

    /// Makes a socket accept connections.
    pub(crate) fn listen(&mut self, fd: u32, backlog: i32) -> Result<(), Failure> {
        let open = self.sources.socket(fd)?;
        if open.kind == SocketKind::Datagram {
            return Err(Errno::NOTSUP.into());
        }
        if open.bound == Bound::Client {
            // What no rule has allowed yet: every address of this machine.
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
        // Before it is taken out of the listener's queue.
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

    /// Connects, or begins to where the socket is non-blocking.
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
                // A Unix listener with a full queue, of which nothing tells when it has room.
                Err(Errno::AGAIN) if !open.nonblocking => wait::pause(deadline, &self.stop)?,
                outcome => return Ok(outcome?),
            }
        }
        wait::until_ready(open.socket.as_mut(), WRITE, deadline, &self.stop)?;
        let pending = open.socket.option(SocketOption::Error)?;
        if let Some(errno) = Errno::from_code(pending) {
            return Err(errno.into());
        }
        // The system says once more that it is connected; that is not for the guest.
        let _ = open.socket.connect(&to);
        Ok(())
    }

    /// Receives, and leaves the data there if `peek`.
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

    /// Receives, and tells from whom where that is known.
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
                        // As if it had never come.
                        buf[..received.len].fill(0);
                        if peek {
                            open.socket.recv(&mut [], false)?;
                        }
                        // They may keep coming faster than they are dropped.
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

    /// Ends one direction, or both.
    pub(crate) fn shutdown(&mut self, fd: u32, how: Shutdown) -> Result<(), Failure> {
        Ok(self.sources.socket(fd)?.socket.shutdown(how)?)
    }

    /// The local address; a path is as the guest gave it.
    pub(crate) fn local_address(&mut self, fd: u32) -> Result<Address, Failure> {
        let open = self.sources.socket(fd)?;
        match &open.path {
            Some(path) => Ok(path.clone().into()),
            None => Ok(open.socket.local_address()?),
        }
    }

    /// The peer's address.
    pub(crate) fn peer_address(&mut self, fd: u32) -> Result<Address, Failure> {
        Ok(self.sources.socket(fd)?.socket.peer_address()?)
    }

    /// What `poll_oneoff` waits for with a descriptor.
    pub(crate) fn poll_target(&mut self, fd: u32) -> Result<PollTarget, Errno> {
        if let Some(place) = self.sources.place(fd) {
            return Ok(PollTarget::Place(place));
        }
        if !is_socket(fd) && crate::preview1::is_open(&mut self.wasi, fd) {
            return Ok(PollTarget::Always);
        }
        Err(Errno::BADF)
    }
}

/// Where a guest's connection or datagram may go: the address to use.
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

impl OpenSocket {
    fn new(socket: Box<dyn Socket>, family: Family, kind: SocketKind) -> Self {
        OpenSocket {
            socket,
            family,
            kind,
            nonblocking: false,
            bound: Bound::Client,
            path: None,
            pending: None,
            recv_timeout: None,
            send_timeout: None,
        }
    }

    fn transport(&self) -> Transport {
        match self.kind {
            SocketKind::Stream => Transport::Tcp,
            SocketKind::Datagram => Transport::Udp,
        }
    }

    /// Whether datagrams come from anyone though no rule allowed listening.
    fn hears_anyone(&self) -> bool {
        self.kind == SocketKind::Datagram
            && self.family != Family::Unix
            && self.bound == Bound::Client
    }

    /// Tries, and where the guest's socket is a blocking one, waits and tries
    /// again.
    fn patiently<T>(
        &mut self,
        interest: Interest,
        timeout: Option<Duration>,
        stop: &StopHandle,
        mut attempt: impl FnMut(&mut Self) -> Result<T, Errno>,
    ) -> Result<T, Failure> {
        let mut deadline = None;
        loop {
            match attempt(self) {
                Err(Errno::AGAIN) if !self.nonblocking => {}
                outcome => return Ok(outcome?),
            }
            if deadline.is_none() {
                deadline = timeout.map(|timeout| Instant::now() + timeout);
            }
            wait::until_ready(self.socket.as_mut(), interest, deadline, stop)?;
        }
    }
}
