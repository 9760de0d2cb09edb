//! The contents of a certificate, as text.

use std::fmt::Write;
use std::net::IpAddr;

use tokio_rustls::rustls::pki_types::CertificateDer;
use x509_cert::Certificate;
use x509_cert::der::Decode;
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;

/// At most this many names, and characters of each, are printed: the peer
/// chooses them.
const MAX_NAMES: usize = 8;
const MAX_CHARACTERS: usize = 200;

/// What an error says about a certificate.
#[derive(Debug)]
pub(crate) struct Facts {
    /// The hosts that it is for.
    pub(crate) names: String,
    pub(crate) issuer: String,
    pub(crate) self_signed: bool,
    pub(crate) not_before: String,
    pub(crate) not_after: String,
}

impl Facts {
    /// Parses a certificate; `None` if it is invalid.
    pub(crate) fn read(der: &CertificateDer<'_>) -> Option<Self> {
        let certificate = Certificate::from_der(der).ok()?.tbs_certificate;
        let names = certificate.get::<SubjectAltName>().ok()?;
        Some(Facts {
            names: list(&names.map_or_else(Vec::new, |(_, names)| names.0)),
            issuer: printable(&certificate.issuer.to_string()),
            self_signed: certificate.issuer == certificate.subject,
            not_before: certificate.validity.not_before.to_string(),
            not_after: certificate.validity.not_after.to_string(),
        })
    }
}

/// Returns the bits of the certificate's public key.
pub(crate) fn public_key(der: &CertificateDer<'_>) -> Option<Vec<u8>> {
    let certificate = Certificate::from_der(der).ok()?.tbs_certificate;
    let key = certificate.subject_public_key_info.subject_public_key;
    Some(key.raw_bytes().to_vec())
}

fn list(names: &[GeneralName]) -> String {
    let known: Vec<_> = names.iter().filter_map(name).collect();
    if known.is_empty() {
        return "no host".to_owned();
    }
    let mut text = known[..known.len().min(MAX_NAMES)].join(", ");
    if known.len() > MAX_NAMES {
        let _ = write!(text, " and {} more", known.len() - MAX_NAMES);
    }
    text
}

fn name(name: &GeneralName) -> Option<String> {
    match name {
        GeneralName::DnsName(name) => Some(printable(name.as_str())),
        GeneralName::IpAddress(bytes) => {
            let bytes = bytes.as_bytes();
            let v4 = <[u8; 4]>::try_from(bytes).map(IpAddr::from);
            let address = v4.or_else(|_| <[u8; 16]>::try_from(bytes).map(IpAddr::from));
            Some(address.ok()?.to_string())
        }
        _ => None,
    }
}

/// Escapes control characters, which could break a line or a terminal.
fn printable(text: &str) -> String {
    let mut printable = String::new();
    for character in text.chars().take(MAX_CHARACTERS) {
        if character.is_control() {
            printable.extend(character.escape_default());
        } else {
            printable.push(character);
        }
    }
    printable
}
