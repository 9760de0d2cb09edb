//! The network behind the guest's sockets: traits that a network implements.
//!
//! The host checks the policy, keeps the guest's descriptors and waits. A
//! [`Network`] only opens sockets and performs operations on them. [`OsNetwork`]
//! is the machine's own network. Another one may wrap it, to inject faults in a
//! test, or replace it.

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
    /// Unix socket paths and abstract names.
    Unix,
}

/// The type of a socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SocketKind {
    /// A byte stream: TCP, or a Unix stream.
    Stream,
    /// Datagrams: UDP, or Unix datagrams.
    Datagram,
}

/// The network behind the guest's sockets.
pub trait Network: Send {
    /// Opens a socket, whose operations must never block.
    ///
    /// # Errors
    ///
    /// Returns the error that the guest receives.
    fn open(&mut self, family: Family, kind: SocketKind) -> Result<Box<dyn Socket>, Errno>;

    /// Prepares the lookup of a name. The returned function runs on a thread of
    /// its own, so it may block.
    fn lookup(&mut self, name: &str) -> Lookup;
}

/// A lookup that is ready to run.
pub type Lookup = Box<dyn FnOnce() -> Result<Vec<IpAddr>, LookupError> + Send>;

/// Why a name has no addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LookupError {
    /// There is no such name.
    NoSuchName,
    /// The name servers did not answer; a later attempt may succeed.
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

/// Which operations of a socket are ready, or requested.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Interest {
    /// Reading or accepting.
    pub read: bool,
    /// Writing, or the completion of a connect.
    pub write: bool,
}

/// How the host learns that a socket is ready.
#[derive(Debug)]
#[non_exhaustive]
pub enum Readiness<'a> {
    /// By polling this descriptor. It must stay the same for the lifetime of the
    /// socket, and must not be shared with another socket.
    Descriptor(BorrowedFd<'a>),
    /// By calling [`Socket::poll_ready`].
    Polled,
}

/// The result of receiving.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Received {
    /// How many bytes of the buffer hold data.
    pub len: usize,
    /// Whether the datagram was longer than the buffer.
    pub truncated: bool,
}

/// A socket of a [`Network`].
///
/// No method may block: an operation that cannot complete at once must return
/// [`Errno::AGAIN`], or [`Errno::INPROGRESS`] for `connect`. If the guest's socket
/// is blocking, the host does the waiting. Dropping the socket closes it.
pub trait Socket: Send {
    /// Binds the socket to a local address.
    fn bind(&mut self, address: &Address) -> Result<(), Errno>;

    /// Listens for connections.
    fn listen(&mut self, backlog: i32) -> Result<(), Errno>;

    /// Accepts a connection.
    fn accept(&mut self) -> Result<(Box<dyn Socket>, Address), Errno>;

    /// Starts connecting. Once the socket is writable, the option
    /// [`SocketOption::Error`] has the result.
    fn connect(&mut self, address: &Address) -> Result<(), Errno>;

    /// Receives data; if `peek` is set, the data stays in the queue.
    fn recv(&mut self, buf: &mut [u8], peek: bool) -> Result<Received, Errno>;

    /// Receives data, and returns its source if the network knows it.
    fn recv_from(
        &mut self,
        buf: &mut [u8],
        peek: bool,
    ) -> Result<(Received, Option<Address>), Errno>;

    /// Sends to the peer.
    fn send(&mut self, bufs: &[IoSlice<'_>]) -> Result<usize, Errno>;

    /// Sends a datagram.
    fn send_to(&mut self, bufs: &[IoSlice<'_>], address: &Address) -> Result<usize, Errno>;

    /// Shuts down one direction, or both.
    fn shutdown(&mut self, how: Shutdown) -> Result<(), Errno>;

    /// Returns the local address.
    fn local_address(&self) -> Result<Address, Errno>;

    /// Returns the peer's address.
    fn peer_address(&self) -> Result<Address, Errno>;

    /// Reads an option.
    fn option(&mut self, option: SocketOption) -> Result<i32, Errno>;

    /// Sets an option.
    fn set_option(&mut self, option: SocketOption, value: i32) -> Result<(), Errno>;

    /// Returns how the host learns that the socket is ready.
    fn readiness(&self) -> Readiness<'_>;

    /// Returns which operations of `interest` are ready; called only if
    /// [`readiness`](Socket::readiness) is [`Readiness::Polled`].
    ///
    /// If none is ready, the socket must keep the waker and wake it when that
    /// changes. It must not report an operation as ready that would then return
    /// [`Errno::AGAIN`].
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

/// A socket option. Values are integers; booleans are 1 and 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SocketOption {
    /// Whether the socket listens for connections. Read-only.
    AcceptConn,
    /// Whether datagrams may be sent to broadcast addresses.
    Broadcast,
    /// The pending error as the code of an [`Errno`], which reading clears;
    /// 0 if there is none. Read-only.
    Error,
    /// Whether idle connections are probed.
    KeepAlive,
    /// The number of unanswered probes after which a connection is dropped.
    KeepCount,
    /// The idle time in seconds before the first probe is sent.
    KeepIdle,
    /// The time in seconds between two probes.
    KeepInterval,
    /// How many seconds closing waits for unsent data; -1 if it does not wait.
    Linger,
    /// Whether Nagle's algorithm is disabled.
    NoDelay,
    /// Whether urgent data is received inline.
    OobInline,
    /// The size of the receive buffer in bytes.
    RecvBuffer,
    /// Whether a local address may be reused while old connections linger.
    ReuseAddr,
    /// The size of the send buffer in bytes.
    SendBuffer,
    /// Whether an IPv6 socket excludes IPv4.
    V6Only,
}
