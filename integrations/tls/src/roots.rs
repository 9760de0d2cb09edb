use std::fmt;

use net_traits::Result;
use tokio_rustls::rustls::RootCertStore;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;

use crate::invalid;

/// Trust roots: the certificates that a certificate chain may end at.
#[derive(Clone)]
pub struct Roots(pub(crate) RootCertStore);

impl Roots {
    /// Creates an empty set of roots.
    #[must_use]
    pub fn none() -> Self {
        Roots(RootCertStore::empty())
    }

    /// Returns Mozilla's roots, from the crate `webpki-roots`.
    #[cfg(feature = "mozilla-roots")]
    #[must_use]
    pub fn mozilla() -> Self {
        let roots = webpki_roots::TLS_SERVER_ROOTS.iter().cloned();
        Roots(roots.collect())
    }

    /// Loads the system's roots: from its store on Windows and macOS, and from its
    /// certificate bundle elsewhere, or from `SSL_CERT_FILE` and `SSL_CERT_DIR`.
    ///
    /// This reads files, so reuse the result.
    ///
    /// # Errors
    ///
    /// Returns an error if no root can be found or read.
    #[cfg(feature = "native-roots")]
    pub fn native() -> Result<Self> {
        let found = rustls_native_certs::load_native_certs();
        let mut roots = RootCertStore::empty();
        // Systems have some that are too old to parse, which others ignore, too.
        let (added, _) = roots.add_parsable_certificates(found.certs);
        if added == 0 {
            let reasons: Vec<_> = found.errors.iter().map(ToString::to_string).collect();
            let reasons = reasons.join("; ");
            return Err(invalid(format!("no system roots found: {reasons}")));
        }
        Ok(Roots(roots))
    }

    /// Adds the certificates of a PEM file.
    ///
    /// # Errors
    ///
    /// Returns an error if there is no certificate, or an invalid one.
    pub fn with_pem(mut self, pem: &[u8]) -> Result<Self> {
        let before = self.0.len();
        for certificate in CertificateDer::pem_slice_iter(pem) {
            let certificate = certificate.map_err(|error| invalid(error.to_string()))?;
            let added = self.0.add(certificate);
            added.map_err(|error| invalid(error.to_string()))?;
        }
        if self.0.len() == before {
            return Err(invalid("no certificate found in PEM"));
        }
        Ok(self)
    }
}

impl fmt::Debug for Roots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Roots({})", self.0.len())
    }
}
