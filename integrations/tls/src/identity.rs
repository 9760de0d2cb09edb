use std::fmt;

use net_traits::Result;
use tokio_rustls::rustls::crypto::CryptoProvider;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::sign::CertifiedKey;

use crate::certificate::public_key;
use crate::invalid;

/// A certificate chain and its private key.
pub struct Identity {
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
}

impl Identity {
    /// Parses a certificate chain and a private key from PEM. The certificate of
    /// the identity itself comes first.
    ///
    /// # Errors
    ///
    /// Returns an error if `chain` contains no or invalid certificates, or `key`
    /// contains no private key.
    pub fn from_pem(chain: &[u8], key: &[u8]) -> Result<Self> {
        let chain = CertificateDer::pem_slice_iter(chain)
            .collect::<std::result::Result<Vec<_>, _>>()
            .map_err(|error| invalid(error.to_string()))?;
        if chain.is_empty() {
            return Err(invalid("no certificate found in PEM"));
        }
        let key = PrivateKeyDer::from_pem_slice(key)
            .map_err(|error| invalid(format!("invalid private key: {error}")))?;
        Ok(Identity { chain, key })
    }

    /// Loads the key into a provider.
    pub(crate) fn certified(self, provider: &CryptoProvider) -> Result<CertifiedKey> {
        let certified = CertifiedKey::from_der(self.chain, self.key, provider)
            .map_err(|error| invalid(format!("invalid certificate or key: {error}")))?;
        if !key_matches(&certified, provider) {
            return Err(invalid("the key does not belong to the certificate"));
        }
        Ok(certified)
    }
}

/// Returns whether the certificate verifies what the key signs. rustls compares
/// them only if the provider's keys expose their public half, which not all do.
fn key_matches(certified: &CertifiedKey, provider: &CryptoProvider) -> bool {
    let Some(public) = certified.cert.first().and_then(public_key) else {
        return false;
    };
    let known = provider.signature_verification_algorithms;
    let Some(signer) = certified.key.choose_scheme(&known.supported_schemes()) else {
        return false;
    };
    let message = b"whose key is this?";
    let Ok(signature) = signer.sign(message) else {
        return false;
    };
    let of_scheme = known
        .mapping
        .iter()
        .filter(|(scheme, _)| *scheme == signer.scheme());
    of_scheme
        .flat_map(|(_, algorithms)| algorithms.iter())
        .any(|algorithm| {
            algorithm
                .verify_signature(&public, message, &signature)
                .is_ok()
        })
}

impl Clone for Identity {
    fn clone(&self) -> Self {
        Identity {
            chain: self.chain.clone(),
            key: self.key.clone_key(),
        }
    }
}

/// Omits the key.
impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Identity({} certificates)", self.chain.len())
    }
}
