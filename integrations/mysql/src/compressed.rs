//! Packets of the compressed protocol, which hold packets of the plain one.

use bytes::BytesMut;

use crate::{Error, Result};

/// The length of the payload, the sequence number, and the length before compression.
pub(crate) const HEADER: usize = 7;

/// Takes the first packet, if all of it has arrived.
pub(crate) fn take(arrived: &mut BytesMut, limit: usize) -> Result<Option<BytesMut>> {
    let Some(header) = arrived.first_chunk::<HEADER>() else {
        return Ok(None);
    };
    let length = length(header);
    if arrived.len() >= HEADER + length {
        return Ok(Some(arrived.split_to(HEADER + length)));
    }
    if length > limit {
        return Err(too_large());
    }
    Ok(None)
}

/// Reads the length in the first three bytes.
pub(crate) fn length(bytes: &[u8]) -> usize {
    bytes[..3]
        .iter()
        .rev()
        .fold(0, |length, &byte| length << 8 | usize::from(byte))
}

pub(crate) fn too_large() -> Error {
    Error::protocol("a compressed packet exceeds the limit (Opts::with_max_packet)")
}
