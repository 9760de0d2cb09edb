use std::fmt;
use std::sync::Arc;

use net_traits::{BoxDialer, BoxStream, Dialer};

use crate::encryption::{ClientConfig, Encryption};
use crate::error::Cause;
use crate::negotiation::Verify;
use crate::{Host, Result};

/// How servers are reached: a dialer, and TLS on top of it.
#[derive(Clone)]
pub(crate) struct Transport {
    dialer: Arc<BoxDialer>,
    pub(crate) tls: Option<ClientConfig>,
}

impl Transport {
    pub(crate) fn new(dialer: impl Dialer + 'static) -> Self {
        Transport {
            dialer: Arc::new(dialer.boxed()),
            tls: None,
        }
    }

    /// Opens a stream to a server, for a session or for a cancel request.
    pub(crate) async fn dial(&self, host: &Host) -> Result<BoxStream> {
        let (network, address) = host.dialed();
        let stream = self.dialer.dial(network, &address).await;
        stream.map_err(|error| host.error(Cause::Network(error)))
    }

    /// Returns the TLS implementation to hand to tokio-postgres, if TLS is configured.
    pub(crate) fn encryption(&self, host: &Host, verify: Verify) -> Option<Encryption> {
        let config = self.tls.as_ref()?;
        Some(Encryption::new(config, &host.name, verify))
    }
}

impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.dialer.fmt(f)
    }
}
