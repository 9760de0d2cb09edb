//! Error messages that tell what to do.

use std::future::{Future, poll_fn};
use std::io;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::{AlertDescription, CertificateError, Error};

use crate::certificate::Facts;
use crate::presented::noting;

/// The default of Go's HTTP client.
pub(crate) const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

pub(crate) fn timed_out(after: Duration) -> io::Error {
    let message = format!("the handshake did not finish within {after:?}");
    io::Error::new(io::ErrorKind::TimedOut, message)
}

/// Runs a handshake, and [explains](explain) its error.
pub(crate) async fn explained<T>(handshake: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    let mut handshake = pin!(handshake);
    let mut refused = None;
    let done = poll_fn(|cx| noting(&mut refused, || handshake.as_mut().poll(cx))).await;
    done.map_err(|error| explain(error, refused.as_ref()))
}

/// Explains the error of a stream; see [`explain`].
pub(crate) fn explain_poll<T>(polled: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
    polled.map_err(|error| explain(error, None))
}

/// Replaces an error of rustls by one that describes the presented certificate,
/// of the same kind. Other errors are returned as they are.
pub(crate) fn explain(error: io::Error, refused: Option<&CertificateDer<'_>>) -> io::Error {
    let kind = error.kind();
    let cause = error.get_ref();
    match cause.and_then(|cause| cause.downcast_ref::<Error>()) {
        Some(cause) => io::Error::new(kind, message(cause, refused)),
        None => error,
    }
}

fn message(error: &Error, refused: Option<&CertificateDer<'_>>) -> String {
    match error {
        Error::InvalidCertificate(reason) => refused
            .and_then(Facts::read)
            .and_then(|facts| of_certificate(reason, &facts))
            .unwrap_or_else(|| error.to_string()),
        Error::InvalidMessage(_) => {
            format!("the peer does not speak TLS, or its message is corrupt: {error}")
        }
        Error::NoCertificatesPresented => "the peer sent no certificate".to_owned(),
        Error::NoApplicationProtocol => "no protocol in common (ALPN)".to_owned(),
        Error::AlertReceived(AlertDescription::NoApplicationProtocol) => {
            "the peer supports none of the offered protocols (ALPN)".to_owned()
        }
        Error::AlertReceived(alert) => format!("the peer rejected the handshake: {alert:?}"),
        _ => error.to_string(),
    }
}

fn of_certificate(reason: &CertificateError, facts: &Facts) -> Option<String> {
    Some(match reason {
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            format!("the certificate is for {}", facts.names)
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            format!("the certificate expired at {}", facts.not_after)
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            format!("the certificate is not valid before {}", facts.not_before)
        }
        CertificateError::UnknownIssuer if facts.self_signed => {
            format!(
                "the certificate is not trusted: it is self-signed by {}",
                facts.issuer
            )
        }
        CertificateError::UnknownIssuer => {
            format!(
                "the certificate is not trusted: it was issued by {}",
                facts.issuer
            )
        }
        _ => return None,
    })
}
