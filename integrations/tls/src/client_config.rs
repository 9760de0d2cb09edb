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

/// The TLS configuration of a client.
///
/// Cloning is cheap, and clones share the sessions that can be resumed.
#[derive(Clone)]
pub struct ClientConfig {
    rustls: Arc<Rustls>,
    verifier: Arc<dyn ServerCertVerifier>,
    handshake_timeout: Duration,
}

impl ClientConfig {
    /// Creates a configuration for TLS 1.2 and 1.3 that trusts servers whose
    /// certificates chain to one of the roots. The handshake timeout is 10 seconds.
    ///
    /// # Errors
    ///
    /// Returns an error if there are no roots, or the provider has no cipher
    /// suites for TLS 1.2 and 1.3.
    pub fn new(provider: &Provider, roots: Roots) -> Result<Self> {
        let verifier =
            WebPkiServerVerifier::builder_with_provider(Arc::new(roots.0), Arc::clone(&provider.0));
        let verifier = verifier
            .build()
            .map_err(|error| invalid(format!("invalid roots: {error}")))?;
        ClientConfig::with_verifier(provider, verifier)
    }

    /// Creates a configuration that **trusts any server**.
    ///
    /// An attacker on the network path can read and change what is sent. Use it for
    /// tests, or to look at a server with an invalid certificate. To trust a
    /// self-signed certificate, use [`Roots::with_pem`].
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
    /// See [`new`](ClientConfig::new).
    pub fn dangerous(provider: &Provider, _consent: AcceptAnyCertificate) -> Result<Self> {
        ClientConfig::with_verifier(provider, Arc::new(NoVerification::new(provider)))
    }

    /// **Trusts any server**; see [`dangerous`](ClientConfig::dangerous).
    #[must_use]
    pub fn accepting_any_certificate(mut self, _consent: AcceptAnyCertificate) -> Self {
        let provider = Provider(Arc::clone(self.rustls.crypto_provider()));
        self.set_verifier(Arc::new(NoVerification::new(&provider)));
        self
    }

    /// Accepts **certificates for any host**, as long as they chain to one of the
    /// roots. Use it with private roots only, such as those of a database whose
    /// certificates name no host.
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

    /// Sets the protocols that are offered (ALPN, RFC 7301), such as `h2` and
    /// `http/1.1`, in order of preference.
    ///
    /// A server that supports none of them fails the handshake, or continues
    /// without one: see [`TlsStream::alpn`].
    ///
    /// # Panics
    ///
    /// Panics if a name is empty or longer than 255 bytes.
    #[must_use]
    pub fn with_alpn(mut self, names: &[&str]) -> Self {
        self.edit().alpn_protocols = protocols(names);
        self
    }

    /// Sets the certificate for servers that request one.
    ///
    /// # Errors
    ///
    /// Returns an error if the key does not belong to the certificate, or the
    /// provider does not support keys of this type.
    pub fn with_identity(mut self, identity: Identity) -> Result<Self> {
        let identity = identity.certified(self.rustls.crypto_provider())?;
        self.edit().client_auth_cert_resolver = Arc::new(SingleCertAndKey::from(identity));
        Ok(self)
    }

    /// Sets a function that is called with each secret, as a line in the format of
    /// NSS's `SSLKEYLOGFILE`, without the newline. Wireshark reads this format.
    ///
    /// **The lines allow decrypting what is sent.**
    #[must_use]
    pub fn with_key_log(mut self, log: impl Fn(&str) + Send + Sync + 'static) -> Self {
        self.edit().key_log = Arc::new(KeyLogHook(log));
        self
    }

    /// Sets the timeout for the handshake, which starts when the connection is
    /// established. The timeout of the underlying dialer does not include it.
    #[must_use]
    pub fn with_handshake_timeout(mut self, timeout: Duration) -> Self {
        self.handshake_timeout = timeout;
        self
    }

    /// Performs the handshake on an existing connection, for protocols that start
    /// unencrypted. The certificate must be for `host`, a name or an IP address.
    ///
    /// # Errors
    ///
    /// Returns an error that names the host, of kind
    /// [`InvalidData`](io::ErrorKind::InvalidData) if the certificate is not
    /// trusted or the handshake fails, [`TimedOut`](io::ErrorKind::TimedOut) if it
    /// times out, and [`InvalidInput`](io::ErrorKind::InvalidInput) if `host` is
    /// neither a name nor an IP address.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future closes the connection.
    ///
    /// # Panics
    ///
    /// Panics if called outside of a Tokio runtime.
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

/// Omits keys.
impl fmt::Debug for ClientConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientConfig")
            .field("handshake_timeout", &self.handshake_timeout)
            .finish_non_exhaustive()
    }
}

/// Parses a host that a certificate can be for: a name, whose trailing dot is
/// removed, or an address.
fn server_name(host: &str) -> Result<ServerName<'static>> {
    let name = host.strip_suffix('.').unwrap_or(host).to_owned();
    ServerName::try_from(name).map_err(|_| invalid(format!("invalid server name {host:?}")))
}
