use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use net_traits::{Result, Stream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig as Rustls;
use tokio_rustls::rustls::client::VerifierBuilderError;
use tokio_rustls::rustls::server::danger::ClientCertVerifier;
use tokio_rustls::rustls::server::{ClientCertVerifierBuilder, WebPkiClientVerifier};
use tokio_rustls::rustls::sign::SingleCertAndKey;

use crate::alpn::protocols;
use crate::failure::HANDSHAKE_TIMEOUT;
use crate::key_log::KeyLogHook;
use crate::presented::Noted;
use crate::{Identity, Provider, Roots, TlsStream, invalid};

/// The TLS configuration of a server.
///
/// Cloning is cheap, and clones share the sessions that can be resumed.
#[derive(Clone)]
pub struct ServerConfig {
    rustls: Arc<Rustls>,
    handshake_timeout: Duration,
}

impl ServerConfig {
    /// Creates a configuration for TLS 1.2 and 1.3 with this identity, without
    /// client authentication. The handshake timeout is 10 seconds.
    ///
    /// # Errors
    ///
    /// Returns an error if the key does not belong to the certificate, or the
    /// provider does not support keys of this type.
    pub fn new(provider: &Provider, identity: Identity) -> Result<Self> {
        let identity = identity.certified(&provider.0)?;
        let rustls = Rustls::builder_with_provider(Arc::clone(&provider.0))
            .with_safe_default_protocol_versions()
            .map_err(|error| invalid(error.to_string()))?
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(SingleCertAndKey::from(identity)));
        Ok(ServerConfig {
            rustls: Arc::new(rustls),
            handshake_timeout: HANDSHAKE_TIMEOUT,
        })
    }

    /// Sets the supported protocols (ALPN, RFC 7301), in order of preference. The
    /// handshake fails with a client that offers protocols, but none of these.
    ///
    /// # Panics
    ///
    /// Panics if a name is empty or longer than 255 bytes.
    #[must_use]
    pub fn with_alpn(mut self, names: &[&str]) -> Self {
        self.edit().alpn_protocols = protocols(names);
        self
    }

    /// Requires clients to present a certificate that chains to one of the roots.
    ///
    /// With TLS 1.3, a client whose certificate is rejected gets the error when it
    /// first reads: its own side of the handshake is complete by then.
    ///
    /// # Errors
    ///
    /// Returns an error if there are no roots.
    pub fn with_client_roots(self, roots: Roots) -> Result<Self> {
        let verifier = self.client_verifier(roots).build();
        self.with_verifier(verifier)
    }

    /// Verifies the certificates of clients that present one, but requires none;
    /// see [`TlsStream::peer_certificates`].
    ///
    /// # Errors
    ///
    /// See [`with_client_roots`](ServerConfig::with_client_roots).
    pub fn with_optional_client_roots(self, roots: Roots) -> Result<Self> {
        let verifier = self.client_verifier(roots).allow_unauthenticated();
        self.with_verifier(verifier.build())
    }

    /// Sets a function that is called with each secret; see
    /// [`ClientConfig::with_key_log`](crate::ClientConfig::with_key_log).
    #[must_use]
    pub fn with_key_log(mut self, log: impl Fn(&str) + Send + Sync + 'static) -> Self {
        self.edit().key_log = Arc::new(KeyLogHook(log));
        self
    }

    /// Sets the timeout for the handshake, which starts with the first read or
    /// write.
    #[must_use]
    pub fn with_handshake_timeout(mut self, timeout: Duration) -> Self {
        self.handshake_timeout = timeout;
        self
    }

    /// Accepts TLS on an existing connection, for protocols that start
    /// unencrypted. The handshake takes place when the stream is first read or
    /// written; see [`TlsStream::handshake`].
    #[must_use]
    pub fn accept<S: Stream>(&self, stream: S) -> TlsStream<S> {
        let acceptor = TlsAcceptor::from(Arc::clone(&self.rustls));
        TlsStream::accepting(acceptor.accept(stream), self.handshake_timeout)
    }

    fn client_verifier(&self, roots: Roots) -> ClientCertVerifierBuilder {
        let provider = Arc::clone(self.rustls.crypto_provider());
        WebPkiClientVerifier::builder_with_provider(Arc::new(roots.0), provider)
    }

    /// rustls takes the verifier only when a configuration is created.
    fn with_verifier(
        mut self,
        verifier: std::result::Result<Arc<dyn ClientCertVerifier>, VerifierBuilderError>,
    ) -> Result<Self> {
        let verifier = verifier.map_err(|error| invalid(format!("invalid roots: {error}")))?;
        let provider = Arc::clone(self.rustls.crypto_provider());
        let mut rustls = Rustls::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| invalid(error.to_string()))?
            .with_client_cert_verifier(Arc::new(Noted(verifier)))
            .with_cert_resolver(Arc::clone(&self.rustls.cert_resolver));
        rustls
            .alpn_protocols
            .clone_from(&self.rustls.alpn_protocols);
        rustls.key_log = Arc::clone(&self.rustls.key_log);
        self.rustls = Arc::new(rustls);
        Ok(self)
    }

    fn edit(&mut self) -> &mut Rustls {
        Arc::make_mut(&mut self.rustls)
    }
}

/// Omits keys.
impl fmt::Debug for ServerConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerConfig")
            .field("handshake_timeout", &self.handshake_timeout)
            .finish_non_exhaustive()
    }
}
