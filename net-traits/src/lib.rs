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
//! | who you are | what you need |
//! |---|---|
//! | author of a library | [`Dialer`], [`Listener`], [`Stream`], [`PacketConn`], [`Result`] |
//! | author of a wrapper (TLS, proxy, counting) | the same traits, to implement them around another |
//! | author of a backend | [`Backend`], the contract, and [`SocketOptions`] |
//!
//! The crate is small on purpose: libraries depend on it for years. It has no
//! runtime in it; of tokio it takes the traits `AsyncRead` and `AsyncWrite`.

mod address;
mod backend;
mod control;
mod dialer;
mod endpoint;
mod error;
mod listener;
mod network;
mod options;
mod packet;
mod resolver;
mod stream;

pub use address::{Host, HostPort, Port};
pub use async_trait::async_trait;
pub use backend::{Backend, Inherited, Timer};
pub use control::{Control, FreshSocket};
pub use dialer::{BoxDialer, Dialer};
pub use endpoint::{Endpoint, UnixAddress};
pub use error::{Error, Operation, Result};
pub use listener::{BoxListener, Listener};
pub use network::Network;
pub use options::{KeepAlive, OptionName, SocketOption, SocketOptions, UnsupportedOption};
pub use packet::{PacketConn, Received};
pub use resolver::{Answer, Family, Resolver};
pub use stream::{BoxReadHalf, BoxStream, BoxWriteHalf, Stream};
