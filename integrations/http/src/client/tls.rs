//! The client's TLS, made when it is first needed.

use std::fmt;
use std::sync::{Arc, OnceLock};

use net_tls::ClientConfig;
use net_traits::Result;

/// How a configuration is made, and the one that was.
#[derive(Clone)]
pub(crate) struct Tls {
    make: Arc<dyn Fn() -> Result<ClientConfig> + Send + Sync>,
    made: Arc<OnceLock<ClientConfig>>,
}

impl Tls {
    pub(crate) fn new(make: impl Fn() -> Result<ClientConfig> + Send + Sync + 'static) -> Self {
        Tls {
            make: Arc::new(make),
            made: Arc::default(),
        }
    }

    /// What offers these protocols.
    ///
    /// # Errors
    ///
    /// What making it has as its error; then it is tried again the next time.
    pub(crate) fn offering(&self, protocols: &[&str]) -> Result<ClientConfig> {
        let made = if let Some(made) = self.made.get() {
            made
        } else {
            let made = (self.make)()?;
            self.made.get_or_init(|| made)
        };
        Ok(made.clone().with_alpn(protocols))
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tls(..)")
    }
}
