//! The guest's standard streams and sockets, by descriptor. All other descriptors
//! are files, which belong to WASI.

use std::task::Waker;

use crate::errno::Errno;
use crate::network::{Interest, Readiness};
use crate::process::open_socket::OpenSocket;
use crate::process::poller::Sources;
use crate::process::stdio::Stdio;

/// The number of the first socket. Files are far below.
pub(crate) const FIRST_SOCKET: u32 = 1 << 20;
/// The number of standard streams, whose places come before those of sockets.
const STREAMS: usize = 3;

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

    /// Returns whether the limit of sockets is reached.
    pub(crate) fn is_full(&self) -> bool {
        self.free.is_empty() && self.sockets.len() >= self.limit as usize
    }

    /// Adds a socket and returns its number.
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

    /// Returns the error for a number below those of sockets.
    fn not_a_socket(&self, fd: u32) -> Errno {
        if self.stdio.get(fd).is_some() {
            Errno::NOTSOCK
        } else {
            Errno::BADF
        }
    }

    /// Removes a socket from the table.
    pub(crate) fn remove(&mut self, fd: u32) -> Result<OpenSocket, Errno> {
        let index = fd.checked_sub(FIRST_SOCKET).ok_or(Errno::BADF)?;
        let slot = self.sockets.get_mut(index as usize);
        let socket = slot.and_then(Option::take).ok_or(Errno::BADF)?;
        self.free.push(index);
        Ok(socket)
    }

    /// Returns the place of a standard stream or socket.
    pub(crate) fn place(&self, fd: u32) -> Option<usize> {
        if let Some(index) = fd.checked_sub(FIRST_SOCKET) {
            let index = index as usize;
            self.sockets.get(index)?.as_ref()?;
            return Some(STREAMS + index);
        }
        self.stdio.get(fd).map(|_| fd as usize)
    }
}

/// Returns whether a number is in the range of sockets.
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
