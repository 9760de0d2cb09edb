//! What a network is, for libraries that run on any of them.
//!
//! A library takes a [`Dialer`] or a [`Listener`] and never names a target, a
//! backend or a `cfg`:
//!
//! ```
//! use net_traits::{Dialer, Result};
//! use tokio::io::{AsyncReadExt, AsyncWriteExt};
//!
//! /// Sends one byte and waits for the answer.
//! pub async fn ping<D: Dialer>(dialer: &D, address: &str) -> Result<u8> {
//!     let mut stream = dialer.dial("tcp", address).await?;
//!     stream.write_u8(1).await?;
//!     Ok(stream.read_u8().await?)
//! }
//! ```
//!
//! | to write | use |
//! |---|---|
//! | a client library | [`Dialer`], [`Stream`], [`Result`] |
//! | a server library | [`Listener`], [`Stream`] |
//! | a library that opens sockets of its own, a test on any network | [`Network`], [`PacketConn`] |
//! | a wrapper (TLS, proxy, counter, policy) | the same traits, implemented around another; [`Address`] |
//! | a resolver of names | [`Resolver`] |
//! | a backend (a system, a host of wasm modules) | [`Backend`], the contract; [`Timer`], [`Endpoint`], [`SocketOptions`], [`FreshSocket`] |
//!
//! The crate is small on purpose: libraries depend on it for years. It has no
//! runtime in it; of tokio it uses the traits `AsyncRead` and `AsyncWrite`.

mod address;
mod backend;
mod control;
mod dialer;
mod endpoint;
mod error;
mod escape;
mod host_port;
mod listener;
mod network;
mod network_kind;
mod options;
mod packet;
mod resolver;
mod stream;
mod target;
mod timer;
mod unix_address;

pub use address::Address;
pub use async_trait::async_trait;
pub use backend::{Backend, HostResolver, Inherited, InheritedSocket};
pub use control::{Control, FreshSocket};
pub use dialer::{BoxDialer, BoxFuture, Dialer};
pub use endpoint::{Endpoint, EndpointKind};
pub use error::{Error, Operation, Result};
pub use host_port::{Host, HostName, HostPort, Port, ServiceName};
pub use listener::{BoxListener, Listener};
pub use network::{BoxNetwork, Network};
pub use network_kind::NetworkKind;
pub use options::{
    Interface, KeepAlive, MulticastGroup, OptionName, SocketOption, SocketOptions,
    UnsupportedOption,
};
pub use packet::{
    AsPacketConn, BoxPacketConn, Datagram, PacketConn, Received, RecvFrom, SendDatagram,
};
pub use resolver::{Answer, Family, Resolver};
pub use stream::{BoxReadHalf, BoxStream, BoxWriteHalf, Stream};
pub use timer::Timer;
pub use unix_address::UnixAddress;
