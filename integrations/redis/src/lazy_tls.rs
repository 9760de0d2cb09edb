//! The client's TLS, made when it is first needed.

use std::fmt;
use std::sync::{Arc, OnceLock};

use net_tls::ClientConfig;

use crate::error::{Error, Result};

/// How a configuration is made, and the one that was.
#[derive(Clone)]
pub(crate) struct LazyTls {
    make: Arc<dyn Fn() -> net_traits::Result<ClientConfig> + Send + Sync>,
    made: Arc<OnceLock<ClientConfig>>,
}

impl LazyTls {
    pub(crate) fn new(
        make: impl Fn() -> net_traits::Result<ClientConfig> + Send + Sync + 'static,
    ) -> Self {
        LazyTls {
            make: Arc::new(make),
            made: Arc::default(),
        }
    }

    /// # Errors
    ///
    /// What making it has as its error; then it is tried again the next time.
    pub(crate) fn get(&self) -> Result<ClientConfig> {
        if let Some(made) = self.made.get() {
            return Ok(made.clone());
        }
        let made = (self.make)().map_err(Error::connect)?;
        Ok(self.made.get_or_init(|| made).clone())
    }
}

impl fmt::Debug for LazyTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LazyTls")
    }
}
