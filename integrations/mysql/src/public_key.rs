//! A server's RSA key, looked at before it is used.

use spki::SubjectPublicKeyInfoRef;
use spki::der::{Decode, pem};

use crate::{Error, Result};

/// `mysql_common` reads keys without looking at lengths, and panics. What passes
/// here is DER in its one form; a key that would make the calculation long is
/// none either.
const BITS: std::ops::RangeInclusive<usize> = 1024..=16384;
/// What OAEP adds to the password (RFC 8017, 7.1.1), with the zero at its end.
const OVERHEAD: usize = 2 * 20 + 2 + 1;

pub(crate) fn check(pem: &[u8], password: &[u8]) -> Result<()> {
    let octets = modulus(pem).ok_or_else(|| Error::protocol("the public RSA key is none"))?;
    if !BITS.contains(&(octets * 8)) {
        let key = format!("a public RSA key of {} bits", octets * 8);
        return Err(Error::protocol(key));
    }
    if password.len() + OVERHEAD > octets {
        return Err(Error::usage(
            "the password is too long for the server's RSA key",
        ));
    }
    Ok(())
}

/// The length of a key's modulus, in octets, if it is one.
fn modulus(pem: &[u8]) -> Option<usize> {
    let pem = std::str::from_utf8(pem)
        .ok()?
        .trim_matches(['\0', '\n', '\r', ' ']);
    // In one piece first: reading DER from PEM as it comes has no end in `der` 0.7
    // where it is cut.
    let (label, der) = pem::decode_vec(pem.as_bytes()).ok()?;
    let info = SubjectPublicKeyInfoRef::from_der(&der).ok()?;
    let key = pkcs1::RsaPublicKey::try_from(info.subject_public_key.as_bytes()?).ok()?;
    let odd = |number: &[u8]| number.last().is_some_and(|last| last & 1 == 1);
    let (modulus, exponent) = (key.modulus.as_bytes(), key.public_exponent.as_bytes());
    let fit = odd(modulus) && odd(exponent) && exponent.len() <= 4;
    (fit && label == "PUBLIC KEY").then_some(modulus.len())
}
