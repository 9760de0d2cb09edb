//! WASI sockets for Rust: programs with tokio compile, unchanged, for native
//! targets and for `wasm32-wasip1`, where hosts such as WasmEdge and wasi-go have
//! sockets that std, tokio and mio do not support.
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
//! The runtime is tokio's on every target, and streams implement tokio's `AsyncRead`
//! and `AsyncWrite`. So hyper, axum, tonic, rustls and other crates of its ecosystem
//! run as published.
//!
//! | to | use |
//! |---|---|
//! | open a connection | [`dial`] |
//! | accept connections | [`listen`] |
//! | send and receive datagrams | [`listen_packet`], [`dial_packet`] |
//! | configure how to dial: timeout, local address, keep-alive, … | [`Net`] |
//! | look names and addresses up, query DNS servers | [`lookup`], [`lookup_addr`], `dns` |
//! | sleep, time out, tick | [`time`] |
//! | limit the time of reads and writes | [`with_deadlines`], [`with_idle_timeout`] |
//! | run a task | [`spawn`] |
//! | shut down gracefully (SIGTERM, Ctrl-C) | [`shutdown`] |
//! | use sockets of systemd or the host | [`inherited`] |
//! | send HTTP requests and serve them | `http` |
//! | call and serve gRPC | `grpc` |
//! | call and serve ttrpc, containerd's RPC protocol | `ttrpc` |
//! | use WebSocket | `websocket` |
//! | use TLS | `tls` |
//! | query PostgreSQL | `postgres` |
//! | query MySQL or MariaDB | `mysql` |
//! | use Redis | `redis` |
//! | use memcached | `memcache` |
//! | test without a network, with faults | [`net_test`], `memory` |
//! | write a library for any network | [`Dialer`], [`Listener`], [`Network`], [`Stream`], [`PacketConn`] |
//!
//! # Networks and addresses
//!
//! As in Go: `tcp`, `tcp4`, `tcp6`, `udp`, `udp4`, `udp6` with `host:port`,
//! `[v6]:port` or `:port`, where the port is a number or the name of a service;
//! `unix` and `unixgram` with a path, or with `@name` for Linux's abstract
//! namespace. [`Address`] is such a pair, parsed.
//!
//! # What hosts support
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
//! An operation or option that a host does not support is an error that names it and
//! the host; code that needs threads panics, or does not compile.
//!
//! # Features
//!
//! - `dns` (default): a DNS resolver that does not block, `net::dns`. On
//!   `wasm32-wasip1`, names are resolved with it.
//! - `getaddrinfo`: on `wasm32-wasip1`, names are resolved by the host, which blocks
//!   the program during a lookup.
//! - `http`: HTTP clients and servers on hyper, for tower and axum services,
//!   `net::http`; with `tls-ring` or `tls-rustcrypto` for `https`, too.
//! - `grpc`: gRPC for tonic's generated code, `net::grpc`. `grpc-gzip` adds
//!   compression, which clients and services enable.
//! - `ttrpc`: containerd's RPC protocol, `net::ttrpc`.
//! - `websocket`: WebSocket clients and servers on tungstenite, `net::websocket`.
//! - `tls`: TLS on rustls, `net::tls`. `tls-ring` and `tls-rustcrypto` select the
//!   crypto provider; if both are on, ring is used.
//! - `postgres`: a PostgreSQL client, on tokio-postgres, `net::postgres`. The
//!   features `postgres-…` convert columns to types of other crates.
//! - `mysql`: a MySQL and MariaDB client, `net::mysql`. `mysql-zstd` adds compression
//!   by zstd.
//! - `redis`: a Redis client, with the commands of the crate `redis`, `net::redis`.
//! - `memcache`: a memcached client, `net::memcache`.
//! - `memory`: a network in memory, for tests, `net::memory`.
//! - `wasmedge-unix`: Unix sockets on WasmEdge; a module built with it loads on no
//!   other host.

// The examples of the README and of the pages compile.
#[cfg(all(doctest, feature = "http", feature = "memory"))]
#[doc = include_str!("../../README.md")]
struct Readme;

#[cfg(all(doctest, feature = "http", feature = "memory"))]
#[doc = include_str!("../../docs/guide.md")]
struct GuidePage;

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
pub use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Used by the code that `#[net_test]` generates.
#[doc(hidden)]
pub mod __test {
    pub use crate::test::*;
}

/// Used by the code that `#[net_test]` generates.
#[cfg(feature = "memory")]
#[doc(hidden)]
#[macro_export]
macro_rules! __memory_test {
    ($test:expr; [$($setting:tt)*]; $body:expr) => {
        $crate::__test::MemoryTest::from($test) $($setting)* .run($body)
    };
}

/// Used by the code that `#[net_test]` generates.
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
/// `#[net_main]` passes it to a `main` that takes an argument, for libraries that
/// take a [`Dialer`], a [`Listener`] or a [`Network`]:
///
/// ```no_run
/// # async fn ping(_: &impl net::Dialer, _: &str) -> net::Result<()> { Ok(()) }
/// #[net::net_main]
/// async fn main(net: net::Net) -> net::Result<()> {
///     ping(&net, "localhost:3000").await
/// }
/// ```
pub type Net = NetOver<backend::Backend>;

/// A network over any backend, such as a [`Net`] or the `MemoryNet` of a test.
///
/// A function that needs only the methods of [`Network`] should take
/// `impl Network`.
pub type NetOver<B> = net_dial::Net<B>;

/// Imports the methods of this crate's traits, and of tokio's for reading and
/// writing.
///
/// The traits are imported without their names, which would conflict with those of
/// the types in [`target`]. To name a trait in a bound, add `use net::Stream`.
pub mod prelude {
    #[cfg(feature = "memory")]
    pub use crate::memory::OnMemory as _;
    pub use crate::{Dialer as _, Listener as _, Network as _, PacketConn as _, Stream as _};
    pub use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
}

/// Connects to an address: `tcp`, `tcp4` or `tcp6` with `host:port`, or `unix` with a
/// path; see [`Net::dial`].
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

/// Listens for connections on a local address; see [`Net::listen`].
///
/// An empty host is every local address, and port 0 lets the system choose.
///
/// ```no_run
/// # async fn example() -> net::Result<()> {
/// use net::prelude::*;
///
/// let listener = net::listen("tcp", ":8080").await?;
/// let (stream, peer) = listener.accept().await?;
/// # Ok(())
/// # }
/// ```
pub async fn listen(network: &str, address: &str) -> Result<target::Listener> {
    Net::default().listen(network, address).await
}

/// Opens a datagram socket on a local address; see [`Net::listen_packet`].
///
/// ```no_run
/// # async fn example() -> net::Result<()> {
/// use net::prelude::*;
///
/// let socket = net::listen_packet("udp", ":5300").await?;
/// let mut buffer = [0; 1500];
/// let received = socket.recv_from(&mut buffer).await?;
/// socket.send_to(&buffer[..received.len], &received.from).await?;
/// # Ok(())
/// # }
/// ```
pub async fn listen_packet(network: &str, address: &str) -> Result<target::PacketConn> {
    Net::default().listen_packet(network, address).await
}

/// Opens a datagram socket that sends to one peer and receives from it only; see
/// [`Net::dial_packet`].
pub async fn dial_packet(network: &str, address: &str) -> Result<target::PacketConn> {
    Net::default().dial_packet(network, address).await
}

/// Takes the sockets that were open when the program began: those of systemd's socket
/// activation, or of wasi-go's `--listen`; see [`Net::inherited`].
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
/// Returns an error of kind [`Unsupported`](std::io::ErrorKind::Unsupported) if the
/// host passes no sockets to programs.
pub fn inherited() -> Result<Vec<Inherited<target::Listener, target::PacketConn>>> {
    Net::default().inherited()
}

/// Looks up the names of an address (a reverse lookup); see [`Net::lookup_addr`].
///
/// # Errors
///
/// Returns the errors of [`Net::lookup_addr`].
pub async fn lookup_addr(address: IpAddr) -> Result<Vec<String>> {
    Net::default().lookup_addr(address).await
}

/// Looks up the addresses of a name, in the order in which a dial tries them; see
/// [`Net::lookup`].
pub async fn lookup(name: &str) -> Result<Vec<IpAddr>> {
    Net::default().lookup(name).await
}
