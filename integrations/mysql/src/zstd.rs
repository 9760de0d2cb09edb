//! Compresses packets with zstd.
//!
//! The codec of `mysql_common` supports zlib, and packets that are stored uncompressed. It reads
//! and writes the latter; this module compresses and decompresses them.

use std::fmt;

use bytes::{BufMut, BytesMut};
use ruzstd::decoding::FrameDecoder;
use ruzstd::encoding::{CompressionLevel, compress_to_vec};

use crate::compressed::{HEADER, length, too_large};
use crate::{Error, Result};

/// The level that the server is asked to compress with: the default of zstd.
pub(crate) const LEVEL: u8 = 3;
/// Shorter packets are not compressed; servers have the same threshold.
const MIN_LENGTH: usize = 50;
/// The maximum window size, which bounds memory: every decoder has to support this much (RFC 8878
/// §3.1.1.1.2).
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

    /// Compresses stored packets if that makes them shorter.
    pub(crate) fn pack(mut stored: &[u8], out: &mut BytesMut) {
        while let Some((header, rest)) = stored.split_first_chunk::<HEADER>() {
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

    /// Decompresses a packet into a stored one.
    pub(crate) fn unpack(&mut self, packet: BytesMut, limit: usize) -> Result<BytesMut> {
        let Some((header, compressed)) = packet.split_first_chunk::<HEADER>() else {
            return Ok(packet);
        };
        let plain = length(&header[4..]);
        if plain == 0 {
            return Ok(packet);
        }
        if plain > limit {
            return Err(too_large());
        }
        let mut payload = vec![0; plain];
        let decoded = self.decoder.decode_all(compressed, &mut payload);
        let decoded =
            decoded.map_err(|error| Error::protocol(format!("compressed packet: {error}")))?;
        if decoded != plain {
            return Err(Error::protocol(format!(
                "a compressed packet contains {decoded} bytes instead of {plain}"
            )));
        }
        let mut stored = BytesMut::with_capacity(HEADER + plain);
        put(&mut stored, header[3], &payload, 0);
        Ok(stored)
    }
}

fn put(out: &mut BytesMut, sequence: u8, payload: &[u8], plain: usize) {
    out.reserve(HEADER + payload.len());
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
