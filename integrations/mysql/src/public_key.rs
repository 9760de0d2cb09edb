//! Validates a server's RSA key before it is used.

use spki::SubjectPublicKeyInfoRef;
use spki::der::{Decode, pem};

use crate::{Error, Result};

/// The accepted sizes. `mysql_common` parses keys without checking lengths, and panics; a valid
/// key in DER never makes it do so. A larger key would take too long to compute with.
const BITS: std::ops::RangeInclusive<usize> = 1024..=16384;
/// What OAEP adds to the password (RFC 8017 §7.1.1), including its terminating zero.
const OVERHEAD: usize = 2 * 20 + 2 + 1;

pub(crate) fn check(pem: &[u8], password: &[u8]) -> Result<()> {
    let octets = modulus(pem).ok_or_else(|| Error::protocol("invalid public RSA key"))?;
    if !BITS.contains(&(octets * 8)) {
        let key = format!(
            "unsupported size of the public RSA key: {} bits",
            octets * 8
        );
        return Err(Error::protocol(key));
    }
    if password.len() + OVERHEAD > octets {
        return Err(Error::usage(
            "the password is too long for the server's RSA key",
        ));
    }
    Ok(())
}

/// Returns the length of the modulus in octets, if the key is valid.
fn modulus(pem: &[u8]) -> Option<usize> {
    let pem = std::str::from_utf8(pem)
        .ok()?
        .trim_matches(['\0', '\n', '\r', ' ']);
    // Decoded in one piece, since the incremental PEM reader of `der` 0.7 loops forever on truncated
    // input.
    let (label, der) = pem::decode_vec(pem.as_bytes()).ok()?;
    let info = SubjectPublicKeyInfoRef::from_der(&der).ok()?;
    let key = pkcs1::RsaPublicKey::try_from(info.subject_public_key.as_bytes()?).ok()?;
    let odd = |number: &[u8]| number.last().is_some_and(|last| last & 1 == 1);
    let (modulus, exponent) = (key.modulus.as_bytes(), key.public_exponent.as_bytes());
    let fit = odd(modulus) && odd(exponent) && exponent.len() <= 4;
    (fit && label == "PUBLIC KEY").then_some(modulus.len())
}
