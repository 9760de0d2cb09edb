//! Networking whose programs compile, unchanged, for native targets and for
//! `wasm32-wasip1`, where hosts such as WasmEdge and wasi-go offer sockets that
//! std, tokio and mio do not speak.
//!
//! ```no_run
//! use net::prelude::*;
//!
//! #[net::net_main]
//! async fn main() -> net::Result<()> {
//!     let listener = net::listen("tcp", "127.0.0.1:3000").await?;
//!     loop {
//!         let (stream, _peer) = listener.accept().await?;
//!         net::spawn(async move {
//!             let (mut read, mut write) = stream.into_split();
//!             tokio::io::copy(&mut read, &mut write).await
//!         });
//!     }
//! }
//! ```
//!
//! The runtime is tokio's on every target, so hyper runs as published on the
//! streams of this crate, and so may whatever takes tokio's `AsyncRead` and
//! `AsyncWrite`.
//!
//! | to do | use |
//! |---|---|
//! | open a connection | [`dial`] |
//! | accept connections | [`listen`] |
//! | datagrams | [`listen_packet`], [`dial_packet`] |
//! | configure how to dial: timeout, local address, keep-alive, … | [`Net`] |
//! | look names up, ask DNS servers | [`lookup`], `dns` |
//! | sleep, time out, tick | [`time`] |
//! | limit the time of reads and writes | [`with_deadlines`], [`with_idle_timeout`] |
//! | run a task | [`spawn`] |
//! | end when asked to (SIGTERM, Ctrl-C) | [`shutdown`] |
//! | send HTTP requests and serve them | `http` |
//! | use memcached | `memcache` |
//! | call and serve gRPC | `grpc` |
//! | encrypt connections | `tls` |
//! | query MySQL or MariaDB | `mysql` |
//! | query PostgreSQL | `postgres` |
//! | call and serve procedures as containerd does | `ttrpc` |
//! | use Redis | `redis` |
//! | use WebSocket | `websocket` |
//! | test without a network | `#[net_test]`, `memory` |
//! | write a library for any network | [`Dialer`], [`Listener`], [`Network`], [`Stream`], [`PacketConn`] |
//!
//! # Networks and addresses
//!
//! As in Go: `tcp`, `tcp4`, `tcp6`, `udp`, `udp4`, `udp6` with `host:port`,
//! `[v6]:port`, `:port` or a service's name as port; `unix` and `unixgram` with
//! a path, or `@name` for Linux's abstract namespace.
//!
//! # What hosts cannot do
//!
//! | | native | net-run | WasmEdge 0.14 | wasi-go 0.8 |
//! |---|---|---|---|---|
//! | option `nodelay` | yes | yes | no | yes |
//! | option `linger` | yes | yes | yes | no |
//! | option `v6only`, times of `keepalive` | yes | yes | no | no |
//! | Unix sockets | where the system has them | yes | with the feature `wasmedge-unix` | yes |
//! | IPv6 zones | yes, by name on Unix | no | no | no |
//! | inherited sockets | on Unix | no | no | listeners |
//! | threads, `spawn_blocking` | yes | no | no | no |
//!
//! What a host cannot do is an error that names the host.
//!
//! # Features
//!
//! - `dns` (default): a resolver that asks DNS servers, `net::dns`. On
//!   `wasm32-wasip1` names are looked up by it.
//! - `getaddrinfo`: on `wasm32-wasip1`, names are looked up by the host's function,
//!   which blocks the program meanwhile.
//! - `grpc`: gRPC for tonic's generated code, `net::grpc`. `grpc-gzip` compresses
//!   messages where a client or a service asks for it.
//! - `http`: HTTP clients and servers on hyper, for tower and axum services,
//!   `net::http`; with `tls-ring` or `tls-rustcrypto` for `https` too.
//! - `memcache`: a client of memcached, `net::memcache`.
//! - `redis`: a client of Redis, on the commands of the crate `redis`, `net::redis`.
//! - `memory`: a network inside the process, `net::memory`, for tests.
//! - `mysql`: a client of MySQL and MariaDB, `net::mysql`.
//! - `postgres`: PostgreSQL on tokio-postgres, `net::postgres`.
//! - `tls`: TLS on rustls, `net::tls`. `tls-ring` and `tls-rustcrypto` say who
//!   does the cryptography.
//! - `ttrpc`: remote procedure calls in the manner of containerd, `net::ttrpc`.
//! - `websocket`: WebSocket clients and servers on tungstenite, `net::websocket`.
//! - `wasmedge-unix`: Unix sockets on WasmEdge; such a module loads there alone.

// The examples of the README compile.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;

#[cfg(all(doctest, feature = "mysql"))]
#[doc = include_str!("../../docs/mysql.md")]
struct MysqlPage;

#[cfg(all(doctest, feature = "postgres"))]
#[doc = include_str!("../../docs/postgres.md")]
struct PostgresPage;

#[cfg(all(doctest, any(feature = "tls-ring", feature = "tls-rustcrypto")))]
#[doc = include_str!("../../docs/tls.md")]
struct TlsPage;

#[cfg(all(doctest, feature = "http", feature = "websocket"))]
#[doc = include_str!("../../docs/websocket.md")]
struct WebSocketPage;

mod backend;
#[cfg(feature = "dns")]
pub mod dns;
mod flavor;
#[cfg(feature = "grpc")]
pub mod grpc;
#[cfg(feature = "http")]
pub mod http;
mod limits;
#[cfg(feature = "memcache")]
pub mod memcache;
#[cfg(feature = "memory")]
pub mod memory;
#[cfg(feature = "mysql")]
pub mod mysql;
#[cfg(feature = "postgres")]
pub mod postgres;
#[cfg(feature = "redis")]
pub mod redis;
pub mod runtime;
mod shutdown;
pub mod target;
mod task;
mod test;
pub mod time;
#[cfg(feature = "tls")]
pub mod tls;
#[cfg(feature = "ttrpc")]
pub mod ttrpc;
#[cfg(feature = "websocket")]
pub mod websocket;

use std::net::IpAddr;

pub use limits::{Deadlined, Deadlines, IdleTimeout, with_deadlines, with_idle_timeout};
pub use net_macros::{net_main, net_test};
pub use net_traits::{
    Address, Answer, Backend, BoxDialer, BoxFuture, BoxListener, BoxNetwork, BoxPacketConn,
    BoxReadHalf, BoxStream, BoxWriteHalf, Control, Datagram, Dialer, Endpoint, EndpointKind, Error,
    Family, FreshSocket, Host, HostName, HostPort, HostResolver, Inherited, InheritedSocket,
    Interface, KeepAlive, Listener, MulticastGroup, Network, NetworkKind, Operation, OptionName,
    PacketConn, Port, Received, Resolver, Result, ServiceName, SocketOption, SocketOptions, Stream,
    Timer, UnixAddress, UnsupportedOption, async_trait,
};
pub use runtime::block_on;
pub use shutdown::shutdown;
pub use task::{JoinError, JoinHandle, spawn};

/// For `#[net_test]` alone.
#[doc(hidden)]
pub mod __test {
    pub use crate::test::*;
}

/// For `#[net_test]` alone.
#[cfg(feature = "memory")]
#[doc(hidden)]
#[macro_export]
macro_rules! __memory_test {
    ($test:expr; [$($setting:tt)*]; $body:expr) => {
        $crate::__test::MemoryTest::from($test) $($setting)* .run($body)
    };
}

/// For `#[net_test]` alone.
#[cfg(not(feature = "memory"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __memory_test {
    ($($any:tt)*) => {
        ::core::compile_error!("`memory` needs the feature `memory` of the crate `net`")
    };
}

/// The network of the target that the program is built for.
///
/// `#[net_main]` hands it to a main that takes an argument, for libraries that
/// take a [`Dialer`]:
///
/// ```no_run
/// # async fn ping(_: &impl net::Dialer, _: &str) -> net::Result<()> { Ok(()) }
/// #[net::net_main]
/// async fn main(net: net::Net) -> net::Result<()> {
///     ping(&net, "localhost:3000").await
/// }
/// ```
pub type Net = NetOver<backend::Backend>;

/// A network on any backend: a [`Net`], or what a test made. A function that needs
/// no more than [`Network`] should take `impl Network`.
pub type NetOver<B> = net_dial::Net<B>;

/// Traits to have in scope: those of this crate, and tokio's for reading and
/// writing.
///
/// They come without their names, which the types of [`target`] share: a bound
/// names its trait with `use net::Stream`.
pub mod prelude {
    #[cfg(feature = "memory")]
    pub use crate::memory::OnMemory as _;
    pub use crate::{Dialer as _, Listener as _, Network as _, PacketConn as _, Stream as _};
    pub use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
}

/// Connects to an address; see [`Net::dial`].
///
/// ```no_run
/// # async fn example() -> net::Result<()> {
/// use net::prelude::*;
///
/// let mut stream = net::dial("tcp", "localhost:7").await?;
/// stream.write_all(b"hello").await?;
/// # Ok(())
/// # }
/// ```
pub async fn dial(network: &str, address: &str) -> Result<target::Stream> {
    Net::default().dial(network, address).await
}

/// Listens for connections; see [`Net::listen`].
pub async fn listen(network: &str, address: &str) -> Result<target::Listener> {
    Net::default().listen(network, address).await
}

/// Opens a socket for datagrams on an address; see [`Net::listen_packet`].
pub async fn listen_packet(network: &str, address: &str) -> Result<target::PacketConn> {
    Net::default().listen_packet(network, address).await
}

/// Opens a socket for datagrams with one peer; see [`Net::dial_packet`].
pub async fn dial_packet(network: &str, address: &str) -> Result<target::PacketConn> {
    Net::default().dial_packet(network, address).await
}

/// Takes the sockets that were open when the program began; see
/// [`Net::inherited`].
///
/// ```no_run
/// # async fn example() -> net::Result<()> {
/// use net::Inherited;
///
/// let inherited = net::inherited()?;
/// let listener = match inherited.into_iter().find_map(Inherited::into_listener) {
///     Some(listener) => listener,
///     None => net::listen("tcp", ":8080").await?,
/// };
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// Returns an error of kind [`Unsupported`](std::io::ErrorKind::Unsupported) where
/// the host has no such thing.
pub fn inherited() -> Result<Vec<Inherited<target::Listener, target::PacketConn>>> {
    Net::default().inherited()
}

/// Looks up the names of an address (a reverse lookup); see [`Net::lookup_addr`].
///
/// # Errors
///
/// Those of [`Net::lookup_addr`].
pub async fn lookup_addr(address: IpAddr) -> Result<Vec<String>> {
    Net::default().lookup_addr(address).await
}

/// Looks up the addresses of a name; see [`Net::lookup`].
pub async fn lookup(name: &str) -> Result<Vec<IpAddr>> {
    Net::default().lookup(name).await
}
