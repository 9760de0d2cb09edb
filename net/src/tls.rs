//! TLS over any dialer and listener, on rustls as it is published.
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
//! A server shows a certificate:
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
//! The feature `tls-ring` or `tls-rustcrypto` says who does the cryptography. Of
//! both, it is ring. With `tls` alone there are no [`client_config`] and
//! [`server_config`]: whoever writes a library leaves the choice to the program.

use crate::{Result, backend};

pub use net_tls::{
    AcceptAnyCertificate, AcceptAnyName, ClientConfig, Identity, Provider, Roots, ServerConfig,
    TlsDialer, TlsListener, TlsReadHalf, TlsStream, TlsWriteHalf, Version,
};

/// Whom the target trusts: the system natively, and in a guest, which sees no
/// store of the system, whom Mozilla trusts.
///
/// # Errors
///
/// If the system has none, or they cannot be read.
pub fn roots() -> Result<Roots> {
    backend::roots()
}

/// Who does the cryptography, by the features of the crate.
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

/// A client that trusts whom the target trusts. Natively it reads the system's
/// roots from files, so keep it: clones are cheap.
///
/// # Errors
///
/// As [`roots`].
#[cfg(any(feature = "tls-ring", feature = "tls-rustcrypto"))]
pub fn client_config() -> Result<ClientConfig> {
    ClientConfig::new(&provider(), roots()?)
}

/// A server that shows this identity, to whoever comes.
///
/// # Errors
///
/// As [`ServerConfig::new`].
#[cfg(any(feature = "tls-ring", feature = "tls-rustcrypto"))]
pub fn server_config(identity: Identity) -> Result<ServerConfig> {
    ServerConfig::new(&provider(), identity)
}
