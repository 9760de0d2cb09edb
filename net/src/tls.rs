//! TLS over any dialer and listener, on rustls as published.
//!
//! ```no_run
//! # async fn example() -> net::Result<()> {
//! use net::prelude::*;
//! use net::tls::TlsDialer;
//!
//! let dialer = TlsDialer::new(net::Net::default(), net::tls::client_config()?);
//! let mut stream = dialer.dial("tcp", "example.com:443").await?;
//! stream.write_all(b"GET / HTTP/1.0\r\nHost: example.com\r\n\r\n").await?;
//! # Ok(())
//! # }
//! ```
//!
//! A server presents a certificate:
//!
//! ```no_run
//! # async fn example(chain: &[u8], key: &[u8]) -> net::Result<()> {
//! use net::tls::{Identity, TlsListener};
//!
//! let config = net::tls::server_config(Identity::from_pem(chain, key)?)?;
//! let listener = TlsListener::new(net::listen("tcp", ":8443").await?, config);
//! # Ok(())
//! # }
//! ```
//!
//! The features `tls-ring` and `tls-rustcrypto` select the crypto provider; if both
//! are on, ring is used. A library should turn on `tls` alone, which leaves the choice
//! to the program: [`client_config`], [`server_config`] and [`provider`] then do not
//! exist.

use crate::{Result, backend};

pub use net_tls::{
    AcceptAnyCertificate, AcceptAnyName, ClientConfig, Identity, Provider, Roots, ServerConfig,
    TlsDialer, TlsListener, TlsReadHalf, TlsStream, TlsWriteHalf, Version,
};

/// Returns the trust roots of the target: the system's natively, and Mozilla's in a
/// guest, which cannot see the system's.
///
/// # Errors
///
/// Returns an error if the system has no trust roots, or they cannot be read.
pub fn roots() -> Result<Roots> {
    backend::roots()
}

/// Returns the crypto provider that the features of the crate select.
#[cfg(any(feature = "tls-ring", feature = "tls-rustcrypto"))]
#[must_use]
pub fn provider() -> Provider {
    cfg_if::cfg_if! {
        if #[cfg(feature = "tls-ring")] {
            Provider::ring()
        } else {
            Provider::rustcrypto()
        }
    }
}

/// Creates a client configuration that verifies servers with the trust roots of the
/// target. Natively it reads them from files, so keep it: clones are cheap.
///
/// # Errors
///
/// Returns the errors of [`roots`].
#[cfg(any(feature = "tls-ring", feature = "tls-rustcrypto"))]
pub fn client_config() -> Result<ClientConfig> {
    ClientConfig::new(&provider(), roots()?)
}

/// Creates a server configuration that presents this identity to every client.
///
/// # Errors
///
/// Returns the errors of [`ServerConfig::new`].
#[cfg(any(feature = "tls-ring", feature = "tls-rustcrypto"))]
pub fn server_config(identity: Identity) -> Result<ServerConfig> {
    ServerConfig::new(&provider(), identity)
}
