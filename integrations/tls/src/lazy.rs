use std::fmt;
use std::sync::{Arc, OnceLock};

use net_traits::Result;

use crate::ClientConfig;

/// A client configuration that is created when it is first needed, for protocols
/// that may not need TLS: reading the system's trust roots takes time.
///
/// Clones share the configuration.
///
/// ```
/// use net_tls::LazyClientConfig;
///
/// # fn config() -> net_traits::Result<net_tls::ClientConfig> { unreachable!() }
/// let tls = LazyClientConfig::new(config);
/// # let _ = tls;
/// ```
#[derive(Clone)]
pub struct LazyClientConfig {
    make: Arc<dyn Fn() -> Result<ClientConfig> + Send + Sync>,
    made: Arc<OnceLock<ClientConfig>>,
}

impl LazyClientConfig {
    /// Creates a configuration lazily, by a function.
    pub fn new(make: impl Fn() -> Result<ClientConfig> + Send + Sync + 'static) -> Self {
        LazyClientConfig {
            make: Arc::new(make),
            made: Arc::default(),
        }
    }

    /// Returns the configuration, creating it if necessary.
    ///
    /// # Errors
    ///
    /// Returns the error of the function, which is called again the next time.
    pub fn get(&self) -> Result<&ClientConfig> {
        if let Some(made) = self.made.get() {
            return Ok(made);
        }
        let made = (self.make)()?;
        Ok(self.made.get_or_init(|| made))
    }
}

impl fmt::Debug for LazyClientConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LazyClientConfig(..)")
    }
}
