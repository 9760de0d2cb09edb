use std::fmt;

use net_traits::Result;
use tokio_rustls::rustls::crypto::CryptoProvider;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::sign::CertifiedKey;

use crate::certificate::public_key;
use crate::invalid;

/// A certificate, with those that lead to a root, and its private key.
pub struct Identity {
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
}

impl Identity {
    /// Reads PEM: the certificates, one's own first, and the key.
    ///
    /// # Errors
    ///
    /// If there is no certificate in the one, or no key in the other.
    pub fn from_pem(chain: &[u8], key: &[u8]) -> Result<Self> {
        let chain = CertificateDer::pem_slice_iter(chain)
            .collect::<std::result::Result<Vec<_>, _>>()
            .map_err(|error| invalid(error.to_string()))?;
        if chain.is_empty() {
            return Err(invalid("no certificate in the PEM text"));
        }
        let key = PrivateKeyDer::from_pem_slice(key)
            .map_err(|error| invalid(format!("no private key: {error}")))?;
        Ok(Identity { chain, key })
    }

    /// With its key in the hands of a provider.
    pub(crate) fn certified(self, provider: &CryptoProvider) -> Result<CertifiedKey> {
        let certified = CertifiedKey::from_der(self.chain, self.key, provider)
            .map_err(|error| invalid(format!("the certificate and its key: {error}")))?;
        if !belong_together(&certified, provider) {
            return Err(invalid("the key is not that of the certificate"));
        }
        Ok(certified)
    }
}

/// Whether a certificate verifies what its key signs. rustls compares them only
/// where the provider's keys tell their public half, which not all do.
fn belong_together(certified: &CertifiedKey, provider: &CryptoProvider) -> bool {
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

/// Without the key.
impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Identity({} certificates)", self.chain.len())
    }
}
