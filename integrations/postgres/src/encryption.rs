//! How tokio-postgres encrypts a connection.

#[cfg(feature = "tls")]
mod end_point;
#[cfg(not(feature = "tls"))]
mod no_tls;
#[cfg(feature = "tls")]
mod tls;

#[cfg(not(feature = "tls"))]
pub(crate) use no_tls::{ClientConfig, Encryption};
#[cfg(feature = "tls")]
pub(crate) use {net_tls::ClientConfig, tls::Encryption};
