use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use async_trait::async_trait;

use crate::{
    Endpoint, Error, Family, Listener, Operation, OptionName, PacketConn, Resolver, Result,
    SocketOptions, Stream, Timer,
};

/// What a network is built on: the sockets of a system, of a host of wasm
/// modules, or of a test.
///
/// A backend does little. It connects, binds and listens on addresses that
/// are resolved already. Name resolution, the order of addresses, timeouts
/// and the context of errors are written once, above it, in `net-dial`; a
/// `net_dial::Net` on a backend is a [`Network`](crate::Network).
///
/// # Contract
///
/// What a method must do stands at the method. For all of them:
///
/// - **Errors** must be the bare cause, as an [`io::Error`] with the kind that
///   [`std::net`] would give (`ConnectionRefused`, `AddrInUse`, …). The caller
///   adds operation, network and addresses.
/// - **Options** must all be honoured or refused: an option that the host cannot
///   set is an [`UnsupportedOption`](crate::UnsupportedOption), never ignored.
/// - **Control**: the hook of the options, if there is one, must run on each new
///   socket after its options were set and before it is bound or connected. Its
///   error must become that of the method.
/// - **Cancellation**: dropping the future of any method must close what it had
///   opened.
/// - **Blocking**: no method may block the thread, except
///   [`lookup`](Backend::lookup) and [`lookup_addr`](Backend::lookup_addr), if the
///   backend's documentation says so.
/// - **Endpoints** of a kind that the host does not have (a Unix path, an
///   IPv6 zone) must be an error of kind [`Unsupported`](io::ErrorKind::Unsupported)
///   that names the host.
///
/// `net-conformance` checks all of it, on any backend.
///
/// # Examples
///
/// A complete backend: another one, which connects to this machine only and has
/// no datagram sockets.
///
/// ```
/// use std::{convert::Infallible, io, net::IpAddr, time::Instant};
/// use net_traits::{Backend, Endpoint, Family, OptionName, SocketOptions, Timer, async_trait};
///
/// #[derive(Clone, Debug)]
/// struct LoopbackOnly<B>(B);
///
/// impl<B> LoopbackOnly<B> {
///     fn check(&self, endpoint: &Endpoint) -> io::Result<()> {
///         match endpoint.ip() {
///             Some(ip) if !ip.is_loopback() => Err(io::ErrorKind::PermissionDenied.into()),
///             _ => Ok(()),
///         }
///     }
/// }
///
/// impl<B: Timer> Timer for LoopbackOnly<B> {
///     type Sleep = B::Sleep;
///
///     fn now(&self) -> Instant {
///         self.0.now()
///     }
///
///     fn sleep_until(&self, deadline: Instant) -> B::Sleep {
///         self.0.sleep_until(deadline)
///     }
/// }
///
/// #[async_trait]
/// impl<B: Backend> Backend for LoopbackOnly<B> {
///     type Stream = B::Stream;
///     type Listener = B::Listener;
///     type PacketConn = Infallible;
///
///     fn host(&self) -> &str {
///         self.0.host()
///     }
///
///     fn supports(&self, option: OptionName) -> bool {
///         self.0.supports(option)
///     }
///
///     async fn connect(
///         &self,
///         remote: &Endpoint,
///         local: Option<&Endpoint>,
///         options: &SocketOptions,
///     ) -> io::Result<B::Stream> {
///         self.check(remote)?;
///         self.0.connect(remote, local, options).await
///     }
///
///     async fn listen(&self, at: &Endpoint, options: &SocketOptions) -> io::Result<B::Listener> {
///         self.check(at)?;
///         self.0.listen(at, options).await
///     }
///
///     async fn packet(
///         &self,
///         _local: Option<&Endpoint>,
///         _remote: Option<&Endpoint>,
///         _options: &SocketOptions,
///     ) -> io::Result<Infallible> {
///         let problem = format!("datagram sockets are not supported by {}", self.host());
///         Err(io::Error::new(io::ErrorKind::Unsupported, problem))
///     }
///
///     async fn lookup(&self, name: &str, family: Family) -> io::Result<Vec<IpAddr>> {
///         self.0.lookup(name, family).await
///     }
/// }
/// ```
#[async_trait]
pub trait Backend: Timer {
    /// The type of its connections, TCP and Unix alike.
    type Stream: Stream;
    /// The type of its listeners, TCP and Unix alike.
    type Listener: Listener<Stream = Self::Stream> + 'static;
    /// The type of its datagram sockets, UDP and Unix alike;
    /// [`Infallible`](std::convert::Infallible) if it has none.
    type PacketConn: PacketConn + 'static;

    /// Returns what the program runs on, for messages: `native`, `WasmEdge`, ….
    fn host(&self) -> &str;

    /// Returns whether the host can set an option on the sockets that have it. If
    /// not, setting it must be an
    /// [`UnsupportedOption`](crate::UnsupportedOption).
    fn supports(&self, option: OptionName) -> bool;

    /// Opens a stream to `remote`, from `local` if given.
    ///
    /// It must return when the connection is established, and must try `remote`
    /// once. A TCP stream must have `nodelay` on unless told otherwise, where the
    /// host has it.
    ///
    /// # Errors
    ///
    /// Returns an error if the connection cannot be made. What the host has no
    /// timeout for may wait forever: the caller bounds the time.
    async fn connect(
        &self,
        remote: &Endpoint,
        local: Option<&Endpoint>,
        options: &SocketOptions,
    ) -> io::Result<Self::Stream>;

    /// Listens for streams on `local`.
    ///
    /// When it returns, connections must be accepted by the host already. The
    /// listener must reuse addresses unless told otherwise, where that is safe, and
    /// the streams that it accepts must have its options, with `nodelay` as in
    /// [`connect`](Backend::connect).
    ///
    /// # Errors
    ///
    /// Returns an error if the address cannot be bound.
    async fn listen(&self, local: &Endpoint, options: &SocketOptions)
    -> io::Result<Self::Listener>;

    /// Opens a datagram socket on `local`, connected to `remote` if given.
    ///
    /// The caller must give one of the two. Without `local`, the host chooses the
    /// address. A connected socket must receive from `remote` only.
    ///
    /// # Errors
    ///
    /// Returns an error if the address cannot be bound.
    async fn packet(
        &self,
        local: Option<&Endpoint>,
        remote: Option<&Endpoint>,
        options: &SocketOptions,
    ) -> io::Result<Self::PacketConn>;

    /// Asks the host's own resolver for the addresses of a name, in its order.
    /// Addresses of another family than asked for may be returned as well.
    ///
    /// # Errors
    ///
    /// Returns an error, of kind [`NotFound`](io::ErrorKind::NotFound) if the name
    /// has no address. The kind must be another one if the answer is not known.
    async fn lookup(&self, name: &str, family: Family) -> io::Result<Vec<IpAddr>>;

    /// Asks the host's own resolver for the names of an address: a reverse lookup.
    ///
    /// # Errors
    ///
    /// Returns an error of kind [`NotFound`](io::ErrorKind::NotFound) if it has none,
    /// and of kind [`Unsupported`](io::ErrorKind::Unsupported) where the host has no
    /// reverse lookups; this is the default.
    async fn lookup_addr(&self, address: IpAddr) -> io::Result<Vec<String>> {
        let _ = address;
        Err(unsupported("reverse lookups", self.host()))
    }

    /// Returns the resolver of networks on this backend that were given none. The
    /// default asks the host, by [`lookup`](Backend::lookup).
    fn resolver(&self) -> Arc<dyn Resolver> {
        Arc::new(HostResolver::new(self.clone()))
    }

    /// Returns the local address from which the host would reach `remote`, for
    /// the order of addresses (RFC 6724). It must send nothing.
    ///
    /// # Errors
    ///
    /// Returns an error if there is no route, and of kind
    /// [`Unsupported`](io::ErrorKind::Unsupported) where the host does not tell;
    /// this is the default.
    fn source(&self, remote: SocketAddr) -> io::Result<IpAddr> {
        let _ = remote;
        Err(unsupported("source addresses", self.host()))
    }

    /// Returns the index of a network interface, from its name: the zone of an
    /// IPv6 address (RFC 4007 §11).
    ///
    /// # Errors
    ///
    /// Returns an error of kind [`Unsupported`](io::ErrorKind::Unsupported) where
    /// the host does not tell; this is the default.
    fn zone_index(&self, interface: &str) -> io::Result<u32> {
        let _ = interface;
        let what = "zones by an interface's name";
        Err(unsupported(what, self.host()))
    }

    /// Takes the sockets that the process which started the program had opened
    /// for it, in their order, and sets options on them. A second call finds
    /// none.
    ///
    /// # Errors
    ///
    /// Returns an error if a socket cannot be used; it names the socket. Returns
    /// an error of kind [`Unsupported`](io::ErrorKind::Unsupported) where the host
    /// has no such thing; this is the default.
    fn inherited(
        &self,
        options: &SocketOptions,
    ) -> io::Result<Vec<Inherited<Self::Listener, Self::PacketConn>>> {
        let _ = options;
        Err(unsupported("inherited sockets", self.host()))
    }
}

fn unsupported(what: &str, host: &str) -> io::Error {
    io::Error::new(
        io::ErrorKind::Unsupported,
        format!("{what} are not supported by {host}"),
    )
}

/// Asks the host's own resolver, by [`Backend::lookup`].
///
/// Natively that is the system's, on a thread. On `wasm32-wasip1` it blocks the
/// whole program while the host looks.
#[derive(Debug, Clone)]
pub struct HostResolver<B> {
    backend: B,
}

impl<B: Backend> HostResolver<B> {
    /// Creates a resolver that asks the host of a backend.
    pub fn new(backend: B) -> Self {
        HostResolver { backend }
    }
}

#[async_trait]
impl<B: Backend> Resolver for HostResolver<B> {
    async fn lookup(&self, name: &str, family: Family) -> Result<Vec<IpAddr>> {
        let found = self.backend.lookup(name, family).await;
        found.map_err(|cause| Error::new(Operation::Lookup, cause).with_address(name))
    }

    async fn lookup_addr(&self, address: IpAddr) -> Result<Vec<String>> {
        let found = self.backend.lookup_addr(address).await;
        found
            .map_err(|cause| Error::new(Operation::Lookup, cause).with_address(address.to_string()))
    }
}

/// A socket that was open when the program began.
#[derive(Debug)]
#[non_exhaustive]
pub struct Inherited<L, P> {
    /// Its name, such as by systemd's `FileDescriptorName=`; empty if it has
    /// none.
    pub name: String,
    /// The socket.
    pub socket: InheritedSocket<L, P>,
}

/// What an [`Inherited`] socket is.
#[derive(Debug)]
#[non_exhaustive]
pub enum InheritedSocket<L, P> {
    /// A listener for streams.
    Listener(L),
    /// A datagram socket.
    PacketConn(P),
}

impl<L, P> Inherited<L, P> {
    /// Creates a socket with a name.
    pub fn new(name: impl Into<String>, socket: InheritedSocket<L, P>) -> Self {
        Inherited {
            name: name.into(),
            socket,
        }
    }

    /// Returns the listener, if it is one.
    pub fn into_listener(self) -> Option<L> {
        match self.socket {
            InheritedSocket::Listener(listener) => Some(listener),
            InheritedSocket::PacketConn(_) => None,
        }
    }

    /// Returns the datagram socket, if it is one.
    pub fn into_packet_conn(self) -> Option<P> {
        match self.socket {
            InheritedSocket::Listener(_) => None,
            InheritedSocket::PacketConn(socket) => Some(socket),
        }
    }
}
