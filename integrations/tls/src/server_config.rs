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

/// How a server speaks TLS: who it is, whom it lets in, what it speaks.
///
/// It is cheap to clone, and clones share the sessions that can be resumed.
#[derive(Clone)]
pub struct ServerConfig {
    rustls: Arc<Rustls>,
    handshake_timeout: Duration,
}

impl ServerConfig {
    /// TLS 1.2 and 1.3 with whoever comes, for a server that shows this identity.
    ///
    /// A handshake may take 10 seconds.
    ///
    /// # Errors
    ///
    /// If key and certificate do not belong together, or the provider does not
    /// know keys of this kind.
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

    /// Speaks these protocols, the best first (ALPN, RFC 7301). A client that
    /// offers some, but none of these, is refused.
    ///
    /// # Panics
    ///
    /// If a name is empty or longer than 255 bytes.
    #[must_use]
    pub fn with_alpn(mut self, names: &[&str]) -> Self {
        self.edit().alpn_protocols = protocols(names);
        self
    }

    /// Lets in only who shows a certificate that leads to one of the roots.
    ///
    /// With TLS 1.3, a client learns of its refusal when it first reads: its own
    /// handshake is over by then.
    ///
    /// # Errors
    ///
    /// If there is no root.
    pub fn with_client_roots(self, roots: Roots) -> Result<Self> {
        let verifier = self.client_verifier(roots).build();
        self.with_verifier(verifier)
    }

    /// As [`with_client_roots`](ServerConfig::with_client_roots), but lets in
    /// also who shows no certificate: see [`TlsStream::peer_certificates`].
    ///
    /// # Errors
    ///
    /// As [`with_client_roots`](ServerConfig::with_client_roots).
    pub fn with_optional_client_roots(self, roots: Roots) -> Result<Self> {
        let verifier = self.client_verifier(roots).allow_unauthenticated();
        self.with_verifier(verifier.build())
    }

    /// Calls a function with each secret; see
    /// [`ClientConfig::with_key_log`](crate::ClientConfig::with_key_log).
    #[must_use]
    pub fn with_key_log(mut self, log: impl Fn(&str) + Send + Sync + 'static) -> Self {
        self.edit().key_log = Arc::new(KeyLogHook(log));
        self
    }

    /// Gives each handshake so much time, from the first read or write on.
    #[must_use]
    pub fn with_handshake_timeout(mut self, timeout: Duration) -> Self {
        self.handshake_timeout = timeout;
        self
    }

    /// Takes the server's part on a connection that is there already, as
    /// protocols need that begin in plain text. The handshake takes place when
    /// the stream is first read or written: see [`TlsStream::handshake`].
    #[must_use]
    pub fn accept<S: Stream>(&self, stream: S) -> TlsStream<S> {
        let acceptor = TlsAcceptor::from(Arc::clone(&self.rustls));
        TlsStream::accepting(acceptor.accept(stream), self.handshake_timeout)
    }

    fn client_verifier(&self, roots: Roots) -> ClientCertVerifierBuilder {
        let provider = Arc::clone(self.rustls.crypto_provider());
        WebPkiClientVerifier::builder_with_provider(Arc::new(roots.0), provider)
    }

    /// Who is let in can only be said to rustls at the beginning.
    fn with_verifier(
        mut self,
        verifier: std::result::Result<Arc<dyn ClientCertVerifier>, VerifierBuilderError>,
    ) -> Result<Self> {
        let verifier = verifier.map_err(|error| invalid(format!("the roots: {error}")))?;
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

/// The handshake timeout is shown, and no key.
impl fmt::Debug for ServerConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerConfig")
            .field("handshake_timeout", &self.handshake_timeout)
            .finish_non_exhaustive()
    }
}
