use std::fmt;
use std::sync::Arc;

use tokio_rustls::rustls::crypto::CryptoProvider;

/// A cryptography provider.
#[derive(Clone)]
pub struct Provider(pub(crate) Arc<CryptoProvider>);

impl Provider {
    /// Returns ring: C and assembly, fast and audited.
    #[cfg(feature = "ring")]
    #[must_use]
    pub fn ring() -> Self {
        Provider(Arc::new(
            tokio_rustls::rustls::crypto::ring::default_provider(),
        ))
    }

    /// Returns the crates of the `RustCrypto` project: pure Rust, which needs no
    /// C compiler to build for WebAssembly. **It has not been audited.**
    #[cfg(feature = "rustcrypto")]
    #[must_use]
    pub fn rustcrypto() -> Self {
        Provider(Arc::new(rustls_rustcrypto::provider()))
    }
}

impl fmt::Debug for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Provider(..)")
    }
}
