use std::fmt;
use std::sync::{Arc, OnceLock};

use net_traits::Result;

use crate::ClientConfig;

/// A configuration that is made when it is first needed: reading the roots of a
/// system takes its time. For protocols that may come to do without TLS.
///
/// Clones share what was made.
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
    /// One that a function makes.
    pub fn new(make: impl Fn() -> Result<ClientConfig> + Send + Sync + 'static) -> Self {
        LazyClientConfig {
            make: Arc::new(make),
            made: Arc::default(),
        }
    }

    /// The configuration, made now if it was not yet.
    ///
    /// # Errors
    ///
    /// What making it has as its error; then it is tried again the next time.
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
