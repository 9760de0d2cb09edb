//! TLS over any [`Dialer`](net_traits::Dialer) and
//! [`Listener`](net_traits::Listener), by rustls as it is published.
//!
//! [`TlsDialer`] and [`TlsListener`] are a dialer and a listener themselves, so
//! whatever takes one takes them. The application chooses who does the
//! cryptography, a [`Provider`], and whom to trust, [`Roots`].

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
