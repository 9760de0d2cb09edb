use std::fmt;

use net_traits::Result;
use tokio_rustls::rustls::RootCertStore;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;

use crate::invalid;

/// Whom a client trusts: the certificates at which chains may end.
#[derive(Clone)]
pub struct Roots(pub(crate) RootCertStore);

impl Roots {
    /// Nobody yet.
    #[must_use]
    pub fn none() -> Self {
        Roots(RootCertStore::empty())
    }

    /// Whom Mozilla trusts, as of the crate `webpki-roots`.
    #[cfg(feature = "mozilla-roots")]
    #[must_use]
    pub fn mozilla() -> Self {
        let roots = webpki_roots::TLS_SERVER_ROOTS.iter().cloned();
        Roots(roots.collect())
    }

    /// Whom the system trusts: its store on Windows and macOS, its bundle of
    /// certificates elsewhere, or what `SSL_CERT_FILE` and `SSL_CERT_DIR` name.
    ///
    /// It reads files, so keep what you make of it.
    ///
    /// # Errors
    ///
    /// If none can be found or read.
    #[cfg(feature = "native-roots")]
    pub fn native() -> Result<Self> {
        let found = rustls_native_certs::load_native_certs();
        let mut roots = RootCertStore::empty();
        // Systems have some that are too old to be read: nobody else does either.
        let (added, _) = roots.add_parsable_certificates(found.certs);
        if added == 0 {
            let reasons: Vec<_> = found.errors.iter().map(ToString::to_string).collect();
            let reasons = reasons.join("; ");
            return Err(invalid(format!("the system has no roots: {reasons}")));
        }
        Ok(Roots(roots))
    }

    /// Trusts the certificates of a PEM file too.
    ///
    /// # Errors
    ///
    /// If there is none in it, or one that is none.
    pub fn with_pem(mut self, pem: &[u8]) -> Result<Self> {
        let before = self.0.len();
        for certificate in CertificateDer::pem_slice_iter(pem) {
            let certificate = certificate.map_err(|error| invalid(error.to_string()))?;
            let added = self.0.add(certificate);
            added.map_err(|error| invalid(error.to_string()))?;
        }
        if self.0.len() == before {
            return Err(invalid("no certificate in the PEM text"));
        }
        Ok(self)
    }
}

impl fmt::Debug for Roots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Roots({})", self.0.len())
    }
}
