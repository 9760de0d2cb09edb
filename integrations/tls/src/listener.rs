use std::fmt;
use std::sync::Arc;

use net_traits::{Endpoint, Listener, Result, async_trait};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;

use crate::{Identity, Provider, TlsStream, invalid};

/// A listener whose connections are encrypted.
///
/// As with Go's, the handshake takes place when the stream is first read or
/// written: a peer that does not do its part holds up nobody else.
pub struct TlsListener<L> {
    listener: L,
    acceptor: TlsAcceptor,
}

impl<L> TlsListener<L> {
    /// A listener on top of another, which shows this identity.
    ///
    /// # Errors
    ///
    /// If key and certificate do not belong together.
    pub fn new(listener: L, provider: &Provider, identity: Identity) -> Result<Self> {
        let config = ServerConfig::builder_with_provider(Arc::clone(&provider.0))
            .with_safe_default_protocol_versions()
            .map_err(|error| invalid(error.to_string()))?
            .with_no_client_auth()
            .with_single_cert(identity.chain, identity.key)
            .map_err(|error| invalid(error.to_string()))?;
        Ok(TlsListener {
            listener,
            acceptor: TlsAcceptor::from(Arc::new(config)),
        })
    }

    /// Speaks these protocols, the best first (ALPN, RFC 7301).
    #[must_use]
    pub fn with_alpn(mut self, protocols: &[&str]) -> Self {
        let mut config = ServerConfig::clone(self.acceptor.config());
        let protocols = protocols.iter().map(|name| name.as_bytes().to_vec());
        config.alpn_protocols = protocols.collect();
        self.acceptor = TlsAcceptor::from(Arc::new(config));
        self
    }
}

#[async_trait]
impl<L: Listener> Listener for TlsListener<L> {
    type Stream = TlsStream<L::Stream>;

    async fn accept(&self) -> Result<(Self::Stream, Endpoint)> {
        let (stream, peer) = self.listener.accept().await?;
        Ok((TlsStream::accepting(&self.acceptor, stream), peer))
    }

    fn local_addr(&self) -> Result<Endpoint> {
        self.listener.local_addr()
    }
}

impl<L: fmt::Debug> fmt::Debug for TlsListener<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TlsListener").field(&self.listener).finish()
    }
}
