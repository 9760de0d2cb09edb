use std::fmt;
use std::sync::Arc;

use tokio_rustls::rustls::crypto::CryptoProvider;

/// Who does the cryptography.
#[derive(Clone)]
pub struct Provider(pub(crate) Arc<CryptoProvider>);

impl Provider {
    /// ring: C and assembly, fast and audited.
    #[cfg(feature = "ring")]
    #[must_use]
    pub fn ring() -> Self {
        Provider(Arc::new(
            tokio_rustls::rustls::crypto::ring::default_provider(),
        ))
    }

    /// The crates of the `RustCrypto` project: Rust alone, so that nothing else is
    /// needed to build it for WebAssembly. **It has not been audited.**
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
