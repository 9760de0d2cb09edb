//! Packets over a connection.

use std::future::poll_fn;
use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker, ready};

use bytes::BytesMut;
use mysql_common::proto::codec::{Compression, PacketCodec};
use net_traits::BoxStream;
use tokio::io::{AsyncReadExt, AsyncWrite, AsyncWriteExt};

#[cfg(feature = "zstd")]
use crate::zstd::Zstd;
use crate::{Error, Result};

/// How much is read at once, at most.
const READ_SIZE: usize = 32 << 10;
/// Buffers that have grown beyond this are given back once they are empty.
const KEPT_CAPACITY: usize = 1 << 20;
/// Length, sequence number, length before compression.
pub(crate) const COMPRESSED_HEADER: usize = 7;

/// A connection that packets are sent and received on.
///
/// A packet of 16 MiB and more is several on the wire, here it is one. None is
/// longer than the limit; memory is taken for what has arrived, not for what a
/// header claims.
#[derive(Debug)]
pub(crate) struct Wire {
    stream: BoxStream,
    codec: PacketCodec,
    compressed: bool,
    #[cfg(feature = "zstd")]
    zstd: Option<Zstd>,
    /// What has arrived and is not a packet yet.
    arrived: BytesMut,
    packet: Vec<u8>,
    /// Whether `packet` is whole, and was handed out.
    whole: bool,
    unsent: BytesMut,
}

impl Wire {
    pub(crate) fn new(stream: BoxStream, max_packet: usize) -> Self {
        let mut codec = PacketCodec::default();
        codec.max_allowed_packet = max_packet;
        Wire {
            stream,
            codec,
            compressed: false,
            #[cfg(feature = "zstd")]
            zstd: None,
            arrived: BytesMut::new(),
            packet: Vec::new(),
            whole: false,
            unsent: BytesMut::new(),
        }
    }

    /// Compresses what follows by zlib, in both directions.
    pub(crate) fn compress(&mut self, level: u32) {
        self.codec.compress(Compression::new(level));
        self.compressed = true;
    }

    /// Compresses what follows by zstd, in both directions.
    #[cfg(feature = "zstd")]
    pub(crate) fn compress_by_zstd(&mut self) {
        self.compress(0);
        self.zstd = Some(Zstd::new());
    }

    /// Lets the sequence numbers of a new command begin.
    pub(crate) fn begin_command(&mut self) {
        self.codec.reset_seq_id();
    }

    /// Puts a packet behind what is to be sent.
    pub(crate) fn queue(&mut self, mut payload: &[u8]) -> Result<()> {
        if payload.len() > self.codec.max_allowed_packet {
            return Err(Error::usage(format!(
                "a packet of {} bytes is more than the limit of {} (Opts::with_max_packet)",
                payload.len(),
                self.codec.max_allowed_packet
            )));
        }
        #[cfg(feature = "zstd")]
        if self.zstd.is_some() {
            let mut stored = BytesMut::new();
            self.codec.encode(&mut payload, &mut stored)?;
            Zstd::pack(&stored, &mut self.unsent);
            return Ok(());
        }
        Ok(self.codec.encode(&mut payload, &mut self.unsent)?)
    }

    /// Sends what was queued.
    ///
    /// Dropping the future may have sent a part of it.
    pub(crate) async fn flush(&mut self) -> Result<()> {
        while !self.unsent.is_empty() {
            if self.stream.write_buf(&mut self.unsent).await? == 0 {
                return Err(io::Error::from(io::ErrorKind::WriteZero).into());
            }
        }
        give_back(&mut self.unsent);
        Ok(self.stream.flush().await?)
    }

    pub(crate) async fn send(&mut self, payload: &[u8]) -> Result<()> {
        self.queue(payload)?;
        self.flush().await
    }

    /// Sends what goes at once and forgets the rest: for farewells.
    pub(crate) fn send_what_goes_at_once(&mut self, payload: &[u8]) {
        let mut cx = Context::from_waker(Waker::noop());
        if self.unsent.is_empty() && self.queue(payload).is_ok() {
            let _ = Pin::new(&mut self.stream).poll_write(&mut cx, &self.unsent);
            let _ = Pin::new(&mut self.stream).poll_flush(&mut cx);
        }
    }

    /// The packet that was read last.
    pub(crate) fn packet(&self) -> &[u8] {
        &self.packet
    }

    /// Reads the next packet.
    ///
    /// Dropping the future loses nothing of it.
    pub(crate) async fn next(&mut self) -> Result<&[u8]> {
        poll_fn(|cx| self.poll_next(cx)).await?;
        Ok(&self.packet)
    }

    /// Reads the next packet; then [`packet`](Wire::packet) has it.
    pub(crate) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Result<()>> {
        if self.whole {
            self.whole = false;
            self.packet.clear();
            if self.packet.capacity() > KEPT_CAPACITY {
                self.packet = Vec::new();
            }
        }
        while !self.decode()? {
            give_back(&mut self.arrived);
            if self.arrived.capacity() - self.arrived.len() < READ_SIZE / 2 {
                self.arrived.reserve(READ_SIZE);
            }
            // Nothing is lost with a future that was not ready.
            let read = pin!(self.stream.read_buf(&mut self.arrived));
            if ready!(read.poll(cx))? == 0 {
                let error = "the server has closed the connection";
                let error = io::Error::new(io::ErrorKind::UnexpectedEof, error);
                return Poll::Ready(Err(error.into()));
            }
        }
        self.whole = true;
        Poll::Ready(Ok(()))
    }

    /// Takes the next packet from what has arrived, if it is there.
    fn decode(&mut self) -> Result<bool> {
        if !self.compressed {
            return Ok(self.codec.decode(&mut self.arrived, &mut self.packet)?);
        }
        // One compressed packet at a time, since the codec calls itself for each,
        // and a peer could make millions of them; but first, what the last one held.
        let mut one = BytesMut::new();
        loop {
            if self.codec.decode(&mut one, &mut self.packet)? {
                return Ok(true);
            }
            let Some(&[a, b, c, ..]) = self.arrived.get(..COMPRESSED_HEADER) else {
                return Ok(false);
            };
            let length = usize::from(a) | usize::from(b) << 8 | usize::from(c) << 16;
            if self.arrived.len() < COMPRESSED_HEADER + length {
                if length > self.codec.max_allowed_packet {
                    return Err(Error::protocol(
                        "a compressed packet is larger than the limit",
                    ));
                }
                return Ok(false);
            }
            one = self.arrived.split_to(COMPRESSED_HEADER + length);
            #[cfg(feature = "zstd")]
            if let Some(zstd) = &mut self.zstd {
                one = zstd.unpack(one, self.codec.max_allowed_packet)?;
            }
        }
    }

    /// Encrypts the connection from here on.
    ///
    /// # Errors
    ///
    /// Also if the peer has sent something that would be taken for encrypted.
    #[cfg(feature = "tls")]
    pub(crate) async fn encrypt(self, tls: &net_tls::ClientConfig, host: &str) -> Result<Self> {
        if !self.arrived.is_empty() {
            return Err(Error::protocol("there is more than a greeting before TLS"));
        }
        let stream = tls.connect(host, self.stream).await?;
        let stream = BoxStream::new(stream);
        Ok(Wire { stream, ..self })
    }
}

fn give_back(buffer: &mut BytesMut) {
    if buffer.is_empty() && buffer.capacity() > KEPT_CAPACITY {
        *buffer = BytesMut::new();
    }
}
