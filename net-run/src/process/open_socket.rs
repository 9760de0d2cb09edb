//! A socket of the guest, and waiting for it.

use std::time::{Duration, Instant};

use crate::address::UnixAddress;
use crate::errno::Errno;
use crate::network::{Family, Interest, Socket, SocketKind};
use crate::policy::Transport;
use crate::process::failure::Failure;
use crate::process::wait;
use crate::stop::StopHandle;

/// How a socket got its local address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bound {
    /// It has none, or one that the system chose.
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
    /// The local path as the guest passed it.
    pub(crate) path: Option<UnixAddress>,
    /// An error that occurred after some data was received, for the next call.
    pub(crate) pending: Option<Errno>,
    pub(crate) recv_timeout: Option<Duration>,
    pub(crate) send_timeout: Option<Duration>,
}

impl OpenSocket {
    pub(crate) fn new(socket: Box<dyn Socket>, family: Family, kind: SocketKind) -> Self {
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

    pub(crate) fn transport(&self) -> Transport {
        match self.kind {
            SocketKind::Stream => Transport::Tcp,
            SocketKind::Datagram => Transport::Udp,
        }
    }

    /// Returns whether datagrams must be filtered by source, since no rule allowed
    /// the bind.
    pub(crate) fn hears_anyone(&self) -> bool {
        self.kind == SocketKind::Datagram
            && self.family != Family::Unix
            && self.bound == Bound::Client
    }

    /// Attempts an operation; if the guest's socket is blocking, waits and retries.
    pub(crate) fn patiently<T>(
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
