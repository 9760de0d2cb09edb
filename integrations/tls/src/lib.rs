//! TLS over any [`Dialer`](net_traits::Dialer) and
//! [`Listener`](net_traits::Listener), on unmodified rustls.
//!
//! [`TlsDialer`] and [`TlsListener`] are themselves a dialer and a listener. The
//! application chooses the cryptography provider, [`Provider`], and the trust
//! roots, [`Roots`].
//!
//! ```no_run
//! # #[cfg(all(feature = "rustcrypto", feature = "mozilla-roots"))]
//! # async fn example() -> net::Result<()> {
//! use net::prelude::*;
//! use net_tls::{ClientConfig, Provider, Roots, TlsDialer};
//!
//! let config = ClientConfig::new(&Provider::rustcrypto(), Roots::mozilla())?;
//! let dialer = TlsDialer::new(net::Net::default(), config);
//! let mut stream = dialer.dial("tcp", "example.com:443").await?;
//! stream.write_all(b"GET / HTTP/1.0\r\nHost: example.com\r\n\r\n").await?;
//! # Ok(())
//! # }
//! ```
//!
//! TLS 1.2 and 1.3 are supported. Sessions are resumed: clients keep tickets in
//! memory, servers keep the sessions.
//!
//! # Features
//!
//! - `ring`: cryptography in C and assembly; for `wasm32-wasip1` it needs clang.
//! - `rustcrypto`: cryptography in pure Rust, which has not been audited.
//! - `mozilla-roots`: Mozilla's trust roots, compiled into the program.
//! - `native-roots`: the system's trust roots, on Unix, macOS and Windows.

mod accepting;
mod alpn;
mod certificate;
mod client_config;
mod dangerous;
mod dialer;
mod failure;
mod identity;
mod key_log;
mod lazy;
mod listener;
mod presented;
mod provider;
mod roots;
mod server_config;
mod signatures;
mod stream;

pub use client_config::ClientConfig;
pub use dangerous::{AcceptAnyCertificate, AcceptAnyName};
pub use dialer::TlsDialer;
pub use identity::Identity;
pub use lazy::LazyClientConfig;
pub use listener::TlsListener;
pub use provider::Provider;
pub use roots::Roots;
pub use server_config::ServerConfig;
pub use stream::{TlsReadHalf, TlsStream, TlsWriteHalf, Version};

use net_traits::{Error, Operation};

/// Creates the error of an invalid configuration.
fn invalid(message: impl Into<String>) -> Error {
    Error::invalid(Operation::Parse, message)
}
