//! Keeps the certificate that a verifier rejected, for the error message.
//!
//! rustls' own error contains neither the issuer nor dates, and a custom error
//! would change the alert that the peer gets. So the verifier stores the
//! certificate in a task-local variable of the handshake that is being polled.

use std::cell::RefCell;
use std::mem;
use std::sync::Arc;

use tokio_rustls::rustls::client::danger::{
    HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier,
};
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use tokio_rustls::rustls::{DigitallySignedStruct, DistinguishedName, Error, SignatureScheme};

use crate::signatures::signatures_by_inner;

tokio::task_local! {
    static REFUSED: RefCell<Option<CertificateDer<'static>>>;
}

/// Runs a part of a handshake, and keeps the certificate that its verifier
/// rejects.
pub(crate) fn noting<T>(
    refused: &mut Option<CertificateDer<'static>>,
    part: impl FnOnce() -> T,
) -> T {
    REFUSED.sync_scope(RefCell::new(refused.take()), || {
        let result = part();
        *refused = REFUSED.with(RefCell::take);
        result
    })
}

/// A verifier that stores the certificates that it rejects.
#[derive(Debug)]
pub(crate) struct Noted<V: ?Sized>(pub(crate) Arc<V>);

fn note<T>(result: Result<T, Error>, end_entity: &CertificateDer<'_>) -> Result<T, Error> {
    if result.is_err() {
        // Outside of a handshake, there is no variable.
        let _ = REFUSED.try_with(|refused| {
            mem::drop(refused.replace(Some(end_entity.clone().into_owned())));
        });
    }
    result
}

impl ServerCertVerifier for Noted<dyn ServerCertVerifier> {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let inner = &self.0;
        let result =
            inner.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        note(result, end_entity)
    }

    signatures_by_inner!();
}

impl ClientCertVerifier for Noted<dyn ClientCertVerifier> {
    fn client_auth_mandatory(&self) -> bool {
        self.0.client_auth_mandatory()
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.0.root_hint_subjects()
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        let result = self.0.verify_client_cert(end_entity, intermediates, now);
        note(result, end_entity)
    }

    signatures_by_inner!();
}
