//! TLS over any [`Dialer`](net_traits::Dialer) and
//! [`Listener`](net_traits::Listener), by rustls as it is published.
//!
//! [`TlsDialer`] and [`TlsListener`] are a dialer and a listener themselves, so
//! whatever takes one takes them. The application chooses who does the
//! cryptography, a [`Provider`], and whom to trust, [`Roots`].
//!
//! ```no_run
//! # #[cfg(all(feature = "rustcrypto", feature = "mozilla-roots"))]
//! # async fn example() -> net::Result<()> {
//! use net::prelude::*;
//! use net_tls::{Provider, Roots, TlsDialer};
//!
//! let dialer = TlsDialer::new(net::Net::default(), &Provider::rustcrypto(), Roots::mozilla())?;
//! let mut stream = dialer.dial("tcp", "example.com:443").await?;
//! stream.write_all(b"GET / HTTP/1.0\r\nHost: example.com\r\n\r\n").await?;
//! # Ok(())
//! # }
//! ```
//!
//! TLS 1.2 and 1.3 are spoken. Certificates of clients, and the roots of the
//! system, are not supported yet.
//!
//! # Features
//!
//! - `ring`: cryptography in C and assembly; for `wasm32-wasip1` it needs clang.
//! - `rustcrypto`: cryptography in Rust alone, which has not been audited.
//! - `mozilla-roots`: the roots that Mozilla trusts, inside the program.

mod client;
mod identity;
mod listener;
mod provider;
mod roots;
mod stream;

pub use client::TlsDialer;
pub use identity::Identity;
pub use listener::TlsListener;
pub use provider::Provider;
pub use roots::Roots;
pub use stream::{TlsReadHalf, TlsStream, TlsWriteHalf};

use std::io;

use net_traits::{Error, Operation};

/// What is wrong with a configuration.
fn invalid(message: impl Into<String>) -> Error {
    Error::new(
        Operation::Parse,
        io::Error::new(io::ErrorKind::InvalidInput, message.into()),
    )
}
