use std::fmt;
use std::io;
use std::sync::Arc;

use net_traits::{Dialer, Error, Operation, Result, async_trait};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::ClientConfig;
use tokio_rustls::rustls::pki_types::ServerName;

use crate::{Provider, Roots, TlsStream, invalid};

/// A dialer whose connections are encrypted and whose peers are who they say.
///
/// The certificate must be for the host of the address that is dialed.
#[derive(Clone)]
pub struct TlsDialer<D> {
    dialer: D,
    config: Arc<ClientConfig>,
}

impl<D> TlsDialer<D> {
    /// A dialer on top of another.
    ///
    /// # Errors
    ///
    /// If the provider has no suite for TLS 1.2 or 1.3.
    pub fn new(dialer: D, provider: &Provider, roots: Roots) -> Result<Self> {
        let config = ClientConfig::builder_with_provider(Arc::clone(&provider.0))
            .with_safe_default_protocol_versions()
            .map_err(|error| invalid(error.to_string()))?
            .with_root_certificates(roots.0)
            .with_no_client_auth();
        Ok(TlsDialer {
            dialer,
            config: Arc::new(config),
        })
    }

    /// Offers these protocols, the best first, such as `h2` and `http/1.1`
    /// (ALPN, RFC 7301).
    #[must_use]
    pub fn with_alpn(mut self, protocols: &[&str]) -> Self {
        let protocols = protocols.iter().map(|name| name.as_bytes().to_vec());
        Arc::make_mut(&mut self.config).alpn_protocols = protocols.collect();
        self
    }

    /// The dialer beneath.
    pub fn get_ref(&self) -> &D {
        &self.dialer
    }
}

#[async_trait]
impl<D: Dialer> Dialer for TlsDialer<D> {
    type Stream = TlsStream<D::Stream>;

    async fn dial(&self, network: &str, address: &str) -> Result<Self::Stream> {
        let describe = |error: io::Error| {
            Error::new(Operation::Dial, error)
                .with_network(network.to_owned())
                .with_address(address)
        };
        let host = host_of(address);
        let name = ServerName::try_from(host.to_owned()).map_err(|_| {
            describe(io::Error::new(
                io::ErrorKind::InvalidInput,
                format!("no certificate can be for {host:?}"),
            ))
        })?;
        let stream = self.dialer.dial(network, address).await?;
        let connector = TlsConnector::from(Arc::clone(&self.config));
        let stream = connector.connect(name, stream).await;
        let stream = stream.map_err(|error| {
            let message = format!("TLS with {host}: {error}");
            describe(io::Error::new(error.kind(), message))
        })?;
        Ok(TlsStream::client(stream))
    }
}

impl<D: fmt::Debug> fmt::Debug for TlsDialer<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TlsDialer").field(&self.dialer).finish()
    }
}

/// `host` of `host:port`, without the brackets of IPv6 or the dot of a root.
fn host_of(address: &str) -> &str {
    let host = address.rsplit_once(':').map_or(address, |(host, _)| host);
    let inner = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'));
    inner.unwrap_or(host).trim_end_matches('.')
}
