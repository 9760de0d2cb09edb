use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use net_traits::{Error, Operation, Result, Stream};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::client::WebPkiServerVerifier;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::sign::SingleCertAndKey;
use tokio_rustls::rustls::{ClientConfig as Rustls, client::danger::ServerCertVerifier};

use crate::alpn::protocols;
use crate::dangerous::{AcceptAnyCertificate, AcceptAnyName, AnyName, NoVerification};
use crate::failure::{self, HANDSHAKE_TIMEOUT};
use crate::key_log::KeyLogHook;
use crate::presented::Noted;
use crate::{Identity, Provider, Roots, TlsStream, invalid};

/// How a client speaks TLS: whom it trusts, who it is, what it offers.
///
/// It is cheap to clone, and clones share the sessions that can be resumed.
#[derive(Clone)]
pub struct ClientConfig {
    rustls: Arc<Rustls>,
    verifier: Arc<dyn ServerCertVerifier>,
    handshake_timeout: Duration,
}

impl ClientConfig {
    /// TLS 1.2 and 1.3 with servers whose certificates lead to one of the roots.
    ///
    /// A handshake may take 10 seconds.
    ///
    /// # Errors
    ///
    /// If there is no root, or the provider has no suite of TLS 1.2 and 1.3.
    pub fn new(provider: &Provider, roots: Roots) -> Result<Self> {
        let verifier =
            WebPkiServerVerifier::builder_with_provider(Arc::new(roots.0), Arc::clone(&provider.0));
        let verifier = verifier
            .build()
            .map_err(|error| invalid(format!("the roots: {error}")))?;
        ClientConfig::with_verifier(provider, verifier)
    }

    /// As [`new`](ClientConfig::new), but **whoever answers is trusted**.
    ///
    /// Anybody on the way can then read and change what is sent. It is for tests
    /// and for a look at a server whose certificate is broken; for one with a
    /// certificate of its own, trust that by [`Roots::with_pem`].
    ///
    /// ```
    /// # #[cfg(feature = "rustcrypto")]
    /// # fn example() -> net_traits::Result<()> {
    /// use net_tls::{AcceptAnyCertificate, ClientConfig, Provider};
    ///
    /// let config = ClientConfig::dangerous(&Provider::rustcrypto(), AcceptAnyCertificate)?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`new`](ClientConfig::new).
    pub fn dangerous(provider: &Provider, _consent: AcceptAnyCertificate) -> Result<Self> {
        ClientConfig::with_verifier(provider, Arc::new(NoVerification::new(provider)))
    }

    /// The same, but **whoever answers is trusted**; see
    /// [`dangerous`](ClientConfig::dangerous).
    #[must_use]
    pub fn accepting_any_certificate(mut self, _consent: AcceptAnyCertificate) -> Self {
        let provider = Provider(Arc::clone(self.rustls.crypto_provider()));
        self.set_verifier(Arc::new(NoVerification::new(&provider)));
        self
    }

    /// The same, but **the certificate may be for any host**, as long as it leads
    /// to one of the roots. It is for roots of one's own, such as those of a
    /// database whose certificates name no host.
    #[must_use]
    pub fn accepting_any_name(mut self, _consent: AcceptAnyName) -> Self {
        self.set_verifier(Arc::new(AnyName(Arc::clone(&self.verifier))));
        self
    }

    fn set_verifier(&mut self, verifier: Arc<dyn ServerCertVerifier>) {
        self.verifier = Arc::clone(&verifier);
        let noted = Arc::new(Noted(verifier));
        self.edit().dangerous().set_certificate_verifier(noted);
    }

    fn with_verifier(provider: &Provider, verifier: Arc<dyn ServerCertVerifier>) -> Result<Self> {
        let rustls = Rustls::builder_with_provider(Arc::clone(&provider.0))
            .with_safe_default_protocol_versions()
            .map_err(|error| invalid(error.to_string()))?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Noted(Arc::clone(&verifier))))
            .with_no_client_auth();
        Ok(ClientConfig {
            rustls: Arc::new(rustls),
            verifier,
            handshake_timeout: HANDSHAKE_TIMEOUT,
        })
    }

    /// Offers these protocols, the best first, such as `h2` and `http/1.1`
    /// (ALPN, RFC 7301).
    ///
    /// A server that knows none of them ends the handshake, or goes on without
    /// one: see [`TlsStream::alpn`].
    ///
    /// # Panics
    ///
    /// If a name is empty or longer than 255 bytes.
    #[must_use]
    pub fn with_alpn(mut self, names: &[&str]) -> Self {
        self.edit().alpn_protocols = protocols(names);
        self
    }

    /// Shows a certificate to servers that ask for one.
    ///
    /// # Errors
    ///
    /// If key and certificate do not belong together, or the provider does not
    /// know keys of this kind.
    pub fn with_identity(mut self, identity: Identity) -> Result<Self> {
        let identity = identity.certified(self.rustls.crypto_provider())?;
        self.edit().client_auth_cert_resolver = Arc::new(SingleCertAndKey::from(identity));
        Ok(self)
    }

    /// Calls a function with each secret, as a line of the format of NSS's
    /// `SSLKEYLOGFILE` without its end. Wireshark reads these.
    ///
    /// **Whoever has the lines can read what is sent.**
    #[must_use]
    pub fn with_key_log(mut self, log: impl Fn(&str) + Send + Sync + 'static) -> Self {
        self.edit().key_log = Arc::new(KeyLogHook(log));
        self
    }

    /// Gives each handshake so much time, from the connection on. The timeout
    /// of the dialer beneath is for the connection alone.
    #[must_use]
    pub fn with_handshake_timeout(mut self, timeout: Duration) -> Self {
        self.handshake_timeout = timeout;
        self
    }

    /// Does the handshake on a connection that is there already, as protocols
    /// need that begin in plain text. The certificate must be for `host`, a
    /// name or an IP address.
    ///
    /// # Errors
    ///
    /// Of kind [`InvalidData`](io::ErrorKind::InvalidData) if the server is not
    /// who it should be or does not agree, [`TimedOut`](io::ErrorKind::TimedOut)
    /// if it takes too long, [`InvalidInput`](io::ErrorKind::InvalidInput) if no
    /// certificate can be for such a host. They name the host.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future closes the connection.
    ///
    /// # Panics
    ///
    /// Outside of a runtime.
    pub async fn connect<S: Stream>(&self, host: &str, stream: S) -> Result<TlsStream<S>> {
        let done = self.handshake(&server_name(host)?, stream).await;
        done.map_err(|error| {
            let message = format!("TLS with {host}: {error}");
            Error::new(Operation::Transfer, io::Error::new(error.kind(), message))
        })
    }

    async fn handshake<S: Stream>(
        &self,
        name: &ServerName<'static>,
        stream: S,
    ) -> io::Result<TlsStream<S>> {
        let connector = TlsConnector::from(Arc::clone(&self.rustls));
        let handshake = failure::explained(connector.connect(name.clone(), stream));
        match timeout(self.handshake_timeout, handshake).await {
            Ok(done) => done.map(TlsStream::client),
            Err(_) => Err(failure::timed_out(self.handshake_timeout)),
        }
    }

    fn edit(&mut self) -> &mut Rustls {
        Arc::make_mut(&mut self.rustls)
    }
}

/// The handshake timeout is shown, and no key.
impl fmt::Debug for ClientConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientConfig")
            .field("handshake_timeout", &self.handshake_timeout)
            .finish_non_exhaustive()
    }
}

/// What a certificate can be for: a name without the dot of a root, or an address.
fn server_name(host: &str) -> Result<ServerName<'static>> {
    let name = host.strip_suffix('.').unwrap_or(host).to_owned();
    ServerName::try_from(name).map_err(|_| invalid(format!("no certificate can be for {host:?}")))
}
