use std::fmt;
use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Instant;

use async_trait::async_trait;

use crate::{Endpoint, Listener, OptionName, PacketConn, SocketOptions, Stream};

/// The clock that a backend lives by.
///
/// Code above backends asks it and no other, so that it keeps its promises on
/// a host whose runtime has coarse timers, and on a test's virtual time.
pub trait Timer: Clone + fmt::Debug + Send + Sync + 'static {
    /// The future of [`sleep_until`](Timer::sleep_until). It may be dropped
    /// at any time.
    type Sleep: Future<Output = ()> + Send + 'static;

    /// The time now.
    fn now(&self) -> Instant;

    /// Waits until `deadline`, not less, and at most 2 ms longer on an idle
    /// machine. A deadline in the past is ready at once.
    fn sleep_until(&self, deadline: Instant) -> Self::Sleep;
}

/// A network: what a backend supplies. Applications use what is built upon it.
///
/// A backend does little. It connects, binds and listens on addresses that
/// are resolved already. Name resolution, the order of addresses, timeouts
/// and the context of errors are written once, above it.
///
/// # Contract
///
/// - **Errors** are the bare cause, as an [`io::Error`] with the kind that
///   [`std::net`] would give (`ConnectionRefused`, `AddrInUse`, …). The caller
///   adds operation, network and addresses.
/// - **Options** are all honoured or refused: an option that the host cannot
///   set is an [`UnsupportedOption`](crate::UnsupportedOption), never a
///   silence. TCP streams have `nodelay` on unless told otherwise, where the
///   host has it. Listeners reuse addresses unless told otherwise, where that
///   is safe. Streams that a listener accepts have its options.
/// - **Control**: the hook of the options, if there is one, runs on each new
///   socket after its options were set, before it is bound or connected. Its
///   error is that of the method.
/// - **Cancellation**: dropping the future of any method closes what it had
///   opened.
/// - **Blocking**: no method blocks the thread, but for
///   [`lookup`](Backend::lookup) where its documentation says so.
/// - **Endpoints** of a kind that the host does not have (a Unix path, an
///   IPv6 zone) are an error of kind [`Unsupported`](io::ErrorKind::Unsupported)
///   that names the host.
#[async_trait]
pub trait Backend: Timer {
    /// Its connections, TCP and Unix alike.
    type Stream: Stream;
    /// Its listeners, TCP and Unix alike.
    type Listener: Listener<Stream = Self::Stream> + 'static;
    /// Its datagram sockets, UDP and Unix alike;
    /// [`Infallible`](std::convert::Infallible) if it has none.
    type PacketConn: PacketConn;

    /// What the program runs on, for messages: `native`, `WasmEdge`, ….
    fn host(&self) -> &str;

    /// Whether the host can set an option.
    fn supports(&self, option: OptionName) -> bool;

    /// Opens a stream to `remote`, from `local` if given.
    async fn connect(
        &self,
        remote: &Endpoint,
        local: Option<&Endpoint>,
        options: &SocketOptions,
    ) -> io::Result<Self::Stream>;

    /// Listens for streams on `local`.
    async fn listen(&self, local: &Endpoint, options: &SocketOptions)
    -> io::Result<Self::Listener>;

    /// Opens a datagram socket on `local`, connected to `remote` if given.
    /// `local` may be `None` only if `remote` is not.
    async fn packet(
        &self,
        local: Option<&Endpoint>,
        remote: Option<&Endpoint>,
        options: &SocketOptions,
    ) -> io::Result<Self::PacketConn>;

    /// Asks the host's own resolver for the addresses of a name, in its order.
    ///
    /// # Errors
    ///
    /// [`NotFound`](io::ErrorKind::NotFound) if the name has none.
    async fn lookup(&self, name: &str) -> io::Result<Vec<IpAddr>>;

    /// The local address from which the host would reach `remote`; RFC 6724
    /// sorts by it. Nothing is sent, and nobody waits for it: an answer that
    /// is not there at the first poll is none.
    ///
    /// By default it is that of a datagram socket connected there.
    ///
    /// # Errors
    ///
    /// Those of [`packet`](Backend::packet), if there is no way there.
    async fn source(&self, remote: SocketAddr) -> io::Result<IpAddr> {
        let remote = Endpoint::from(remote);
        let socket = self
            .packet(None, Some(&remote), &SocketOptions::new())
            .await?;
        let local = socket.local_addr()?;
        local
            .ip()
            .ok_or_else(|| io::Error::other(format!("{local} is no IP address")))
    }

    /// The index of a network interface, from its name: the zone of an IPv6
    /// address (RFC 4007 §11).
    ///
    /// # Errors
    ///
    /// [`Unsupported`](io::ErrorKind::Unsupported) where the host does not tell;
    /// this is the default.
    fn zone_index(&self, interface: &str) -> io::Result<u32> {
        let _ = interface;
        Err(io::Error::new(
            io::ErrorKind::Unsupported,
            format!(
                "zones by an interface's name are not supported by {}",
                self.host()
            ),
        ))
    }

    /// Takes the listeners that whoever started the program had opened for it,
    /// in their order. They do not block. A second call finds none.
    ///
    /// # Errors
    ///
    /// [`Unsupported`](io::ErrorKind::Unsupported) where the host has no such
    /// thing; this is the default.
    async fn inherited(&self) -> io::Result<Vec<Inherited<Self::Listener>>> {
        Err(io::Error::new(
            io::ErrorKind::Unsupported,
            format!("inherited listeners are not supported by {}", self.host()),
        ))
    }
}

/// A listener that whoever started the program had opened for it.
#[derive(Debug)]
#[non_exhaustive]
pub struct Inherited<L> {
    /// What it was called, such as by systemd's `FileDescriptorName=`; empty
    /// if it has no name.
    pub name: String,
    /// The listener.
    pub listener: L,
}

impl<L> Inherited<L> {
    /// A listener and its name.
    pub fn new(name: impl Into<String>, listener: L) -> Self {
        Inherited {
            name: name.into(),
            listener,
        }
    }
}
