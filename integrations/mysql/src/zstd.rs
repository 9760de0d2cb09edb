//! Compressed packets by zstd.
//!
//! The codec of `mysql_common` has zlib, and packets that are stored as they are. It
//! makes and gets the latter; between it and the wire they are compressed here, and
//! decompressed.

use std::fmt;

use bytes::{BufMut, BytesMut};
use ruzstd::decoding::FrameDecoder;
use ruzstd::encoding::{CompressionLevel, compress_to_vec};

use crate::wire::COMPRESSED_HEADER;
use crate::{Error, Result};

/// What the server is asked to compress by: zstd's own default.
pub(crate) const LEVEL: u8 = 3;
/// Shorter packets are not worth it; servers have the same bound.
const MIN_LENGTH: usize = 50;
/// How far back a packet may refer, and so how much memory that takes: what each decoder
/// has to support (RFC 8878 §3.1.1.1.2).
const MAX_WINDOW: u64 = 8 << 20;

pub(crate) struct Zstd {
    decoder: FrameDecoder,
}

impl Zstd {
    pub(crate) fn new() -> Self {
        let mut decoder = FrameDecoder::new();
        decoder.set_max_window_size(MAX_WINDOW);
        Zstd { decoder }
    }

    /// Compresses packets that the codec has stored, where that makes them shorter.
    pub(crate) fn pack(mut stored: &[u8], out: &mut BytesMut) {
        while let Some((header, rest)) = stored.split_first_chunk::<COMPRESSED_HEADER>() {
            let (payload, rest) = rest.split_at(length(header).min(rest.len()));
            stored = rest;
            let sequence = header[3];
            if payload.len() >= MIN_LENGTH {
                let compressed = compress_to_vec(payload, CompressionLevel::Fastest);
                if compressed.len() < payload.len() {
                    put(out, sequence, &compressed, payload.len());
                    continue;
                }
            }
            put(out, sequence, payload, 0);
        }
    }

    /// Makes a packet into one that is stored.
    pub(crate) fn unpack(&mut self, packet: BytesMut, limit: usize) -> Result<BytesMut> {
        let Some((header, compressed)) = packet.split_first_chunk::<COMPRESSED_HEADER>() else {
            return Ok(packet);
        };
        let plain = length(&header[4..]);
        if plain == 0 {
            return Ok(packet);
        }
        if plain > limit {
            return Err(Error::protocol(
                "a compressed packet is larger than the limit",
            ));
        }
        let mut payload = vec![0; plain];
        let decoded = self.decoder.decode_all(compressed, &mut payload);
        let decoded =
            decoded.map_err(|error| Error::protocol(format!("compressed packet: {error}")))?;
        if decoded != plain {
            return Err(Error::protocol(format!(
                "a compressed packet has {decoded} bytes instead of {plain}"
            )));
        }
        let mut stored = BytesMut::with_capacity(COMPRESSED_HEADER + plain);
        put(&mut stored, header[3], &payload, 0);
        Ok(stored)
    }
}

/// The three bytes at the beginning, as a number.
fn length(bytes: &[u8]) -> usize {
    bytes[..3]
        .iter()
        .rev()
        .fold(0, |length, &byte| length << 8 | usize::from(byte))
}

fn put(out: &mut BytesMut, sequence: u8, payload: &[u8], plain: usize) {
    out.reserve(COMPRESSED_HEADER + payload.len());
    out.put_uint_le(payload.len() as u64, 3);
    out.put_u8(sequence);
    out.put_uint_le(plain as u64, 3);
    out.put_slice(payload);
}

impl fmt::Debug for Zstd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Zstd")
    }
}
