//! The guest's descriptors that this host keeps itself: standard streams and
//! sockets. All others are files, and WASI's own.

use std::task::Waker;
use std::time::Duration;

use crate::address::UnixAddress;
use crate::errno::Errno;
use crate::network::{Family, Interest, Readiness, Socket, SocketKind};
use crate::poller::Sources;
use crate::stdio::Stdio;

/// The number of the first socket. Files are far below.
pub(crate) const FIRST_SOCKET: u32 = 1 << 20;
/// The places of the standard streams come before those of sockets.
const STREAMS: usize = 3;

/// How a socket came by its local address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bound {
    /// It has none, or one that the system chose for a client.
    Client,
    /// A rule allows it, or it comes from a listener.
    Granted,
}

/// A socket of the guest.
pub(crate) struct OpenSocket {
    pub(crate) socket: Box<dyn Socket>,
    pub(crate) family: Family,
    pub(crate) kind: SocketKind,
    pub(crate) nonblocking: bool,
    pub(crate) bound: Bound,
    /// The local path as the guest gave it.
    pub(crate) path: Option<UnixAddress>,
    /// An error that came after some of the data, for the next call.
    pub(crate) pending: Option<Errno>,
    pub(crate) recv_timeout: Option<Duration>,
    pub(crate) send_timeout: Option<Duration>,
}

/// The guest's standard streams and sockets.
pub(crate) struct Descriptors {
    pub(crate) stdio: Stdio,
    sockets: Vec<Option<OpenSocket>>,
    free: Vec<u32>,
    limit: u32,
    waker: Waker,
}

impl Descriptors {
    pub(crate) fn new(stdio: Stdio, limit: u32, waker: Waker) -> Self {
        Descriptors {
            stdio,
            sockets: Vec::new(),
            free: Vec::new(),
            limit,
            waker,
        }
    }

    /// Whether one socket more would be too many.
    pub(crate) fn is_full(&self) -> bool {
        self.free.is_empty() && self.sockets.len() >= self.limit as usize
    }

    /// Adds a socket and gives its number.
    pub(crate) fn insert(&mut self, socket: OpenSocket) -> Result<u32, Errno> {
        if let Some(index) = self.free.pop() {
            self.sockets[index as usize] = Some(socket);
            return Ok(FIRST_SOCKET + index);
        }
        if self.is_full() {
            return Err(Errno::MFILE);
        }
        let index = u32::try_from(self.sockets.len()).map_err(|_| Errno::MFILE)?;
        self.sockets.push(Some(socket));
        Ok(FIRST_SOCKET + index)
    }

    pub(crate) fn socket(&mut self, fd: u32) -> Result<&mut OpenSocket, Errno> {
        let index = fd.checked_sub(FIRST_SOCKET).ok_or(self.not_a_socket(fd))?;
        let slot = self.sockets.get_mut(index as usize);
        slot.and_then(Option::as_mut).ok_or(Errno::BADF)
    }

    /// What a number below the sockets' is refused with.
    fn not_a_socket(&self, fd: u32) -> Errno {
        if self.stdio.get(fd).is_some() {
            Errno::NOTSOCK
        } else {
            Errno::BADF
        }
    }

    /// Takes a socket out of the table.
    pub(crate) fn remove(&mut self, fd: u32) -> Result<OpenSocket, Errno> {
        let index = fd.checked_sub(FIRST_SOCKET).ok_or(Errno::BADF)?;
        let slot = self.sockets.get_mut(index as usize);
        let socket = slot.and_then(Option::take).ok_or(Errno::BADF)?;
        self.free.push(index);
        Ok(socket)
    }

    /// The place of a standard stream or socket, if the number is one's.
    pub(crate) fn place(&self, fd: u32) -> Option<usize> {
        if let Some(index) = fd.checked_sub(FIRST_SOCKET) {
            let index = index as usize;
            self.sockets.get(index)?.as_ref()?;
            return Some(STREAMS + index);
        }
        self.stdio.get(fd).map(|_| fd as usize)
    }
}

/// Whether a number is in the range of sockets.
pub(crate) fn is_socket(fd: u32) -> bool {
    fd >= FIRST_SOCKET
}

impl Sources for Descriptors {
    fn readiness(&self, place: usize) -> Readiness<'_> {
        if let Some(index) = place.checked_sub(STREAMS) {
            let socket = self.sockets.get(index).and_then(Option::as_ref);
            return socket.map_or(Readiness::Polled, |open| open.socket.readiness());
        }
        let stream = u32::try_from(place).ok().and_then(|fd| self.stdio.get(fd));
        stream.map_or(Readiness::Polled, |stream| stream.readiness())
    }

    fn poll_ready(&mut self, place: usize, interest: Interest) -> Interest {
        let Some(index) = place.checked_sub(STREAMS) else {
            // Readers and writers of the embedder.
            return interest;
        };
        let socket = self.sockets.get_mut(index).and_then(Option::as_mut);
        socket.map_or(interest, |open| {
            open.socket.poll_ready(interest, &self.waker)
        })
    }
}
