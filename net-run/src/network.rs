//! What is under the guest's sockets: the traits that a network implements.
//!
//! The host checks the policy, keeps the guest's descriptors and waits; a
//! [`Network`] only does what it is told. [`OsNetwork`] is the machine's own.
//! Another one may wrap it, to disturb it in a test, or replace it.

mod os;
mod os_options;

use std::fmt;
use std::io::IoSlice;
use std::net::{IpAddr, Shutdown};
use std::os::fd::BorrowedFd;
use std::task::Waker;

pub use os::OsNetwork;

use crate::address::Address;
use crate::errno::Errno;

/// The family of a socket's addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Family {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
    /// Paths and abstract names of this machine.
    Unix,
}

/// What a socket carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SocketKind {
    /// A connection: TCP, or a Unix stream.
    Stream,
    /// Datagrams: UDP, or Unix datagrams.
    Datagram,
}

/// A network that the guest's sockets are on.
pub trait Network: Send {
    /// Opens a socket, which must never block.
    ///
    /// # Errors
    ///
    /// What the guest is to see.
    fn open(&mut self, family: Family, kind: SocketKind) -> Result<Box<dyn Socket>, Errno>;

    /// Prepares the lookup of a name. What it gives runs on a thread of its
    /// own, so it may block.
    fn lookup(&mut self, name: &str) -> Lookup;
}

/// A lookup that waits to be run.
pub type Lookup = Box<dyn FnOnce() -> Result<Vec<IpAddr>, LookupError> + Send>;

/// Why a name has no addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LookupError {
    /// There is no such name.
    NoSuchName,
    /// The name servers did not answer; later they may.
    TryAgain,
    /// The lookup failed in another way.
    Failed,
}

impl From<LookupError> for Errno {
    fn from(error: LookupError) -> Self {
        match error {
            LookupError::NoSuchName => Errno::AINONAME,
            LookupError::TryAgain => Errno::AIAGAIN,
            LookupError::Failed => Errno::AIFAIL,
        }
    }
}

/// What of a socket is ready, or asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Interest {
    /// Reading, and accepting.
    pub read: bool,
    /// Writing, and the end of connecting.
    pub write: bool,
}

/// How the host learns that a socket is ready.
#[derive(Debug)]
#[non_exhaustive]
pub enum Readiness<'a> {
    /// By waiting for this descriptor. It must stay the same as long as the
    /// socket lives, and belong to this socket alone.
    Descriptor(BorrowedFd<'a>),
    /// By asking [`Socket::poll_ready`].
    Polled,
}

/// What was received.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Received {
    /// How many bytes of the buffer hold data.
    pub len: usize,
    /// Whether the datagram was longer than the buffer.
    pub truncated: bool,
}

/// A socket of a [`Network`].
///
/// No function waits: what cannot be done at once is [`Errno::AGAIN`], or
/// [`Errno::INPROGRESS`] for `connect`. The host waits for the guest where the
/// guest's socket is a blocking one. Dropping it closes it.
pub trait Socket: Send {
    /// Gives the socket a local address.
    fn bind(&mut self, address: &Address) -> Result<(), Errno>;

    /// Makes it accept connections.
    fn listen(&mut self, backlog: i32) -> Result<(), Errno>;

    /// Accepts a connection.
    fn accept(&mut self) -> Result<(Box<dyn Socket>, Address), Errno>;

    /// Begins to connect. Once the socket is writable, the option
    /// [`SocketOption::Error`] tells how that ended.
    fn connect(&mut self, address: &Address) -> Result<(), Errno>;

    /// Receives, and leaves the data where it is if `peek`.
    fn recv(&mut self, buf: &mut [u8], peek: bool) -> Result<Received, Errno>;

    /// Receives, and tells from whom where the network knows it.
    fn recv_from(
        &mut self,
        buf: &mut [u8],
        peek: bool,
    ) -> Result<(Received, Option<Address>), Errno>;

    /// Sends to the peer.
    fn send(&mut self, bufs: &[IoSlice<'_>]) -> Result<usize, Errno>;

    /// Sends a datagram.
    fn send_to(&mut self, bufs: &[IoSlice<'_>], address: &Address) -> Result<usize, Errno>;

    /// Ends one direction, or both.
    fn shutdown(&mut self, how: Shutdown) -> Result<(), Errno>;

    /// The local address.
    fn local_address(&self) -> Result<Address, Errno>;

    /// The peer's address.
    fn peer_address(&self) -> Result<Address, Errno>;

    /// Reads an option.
    fn option(&mut self, option: SocketOption) -> Result<i32, Errno>;

    /// Sets an option.
    fn set_option(&mut self, option: SocketOption, value: i32) -> Result<(), Errno>;

    /// How the host learns that the socket is ready.
    fn readiness(&self) -> Readiness<'_>;

    /// For [`Readiness::Polled`]: what of `interest` is ready. If nothing is,
    /// the socket keeps the waker and wakes it when that changes. Must not
    /// call something ready that would then give [`Errno::AGAIN`].
    fn poll_ready(&mut self, interest: Interest, waker: &Waker) -> Interest {
        let _ = waker;
        interest
    }
}

impl fmt::Debug for dyn Socket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Socket").finish_non_exhaustive()
    }
}

/// An option of a socket. Values are whole numbers; yes is 1 and no is 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SocketOption {
    /// Whether a listener accepts connections. Only to be read.
    AcceptConn,
    /// Whether datagrams may be sent to broadcast addresses.
    Broadcast,
    /// The pending error as the code of an [`Errno`], which reading clears;
    /// 0 if there is none. Only to be read.
    Error,
    /// Whether idle connections are probed.
    KeepAlive,
    /// After how many unanswered probes a connection is dead.
    KeepCount,
    /// After how many idle seconds the first probe is sent.
    KeepIdle,
    /// The seconds between two probes.
    KeepInterval,
    /// How many seconds closing waits for data to be sent; -1 if it does not.
    Linger,
    /// Whether small segments are sent at once.
    NoDelay,
    /// Whether urgent data is received in line.
    OobInline,
    /// The size of the receive buffer in bytes.
    RecvBuffer,
    /// Whether a local address may be bound again at once.
    ReuseAddr,
    /// The size of the send buffer in bytes.
    SendBuffer,
    /// Whether an IPv6 socket leaves IPv4 alone.
    V6Only,
}
