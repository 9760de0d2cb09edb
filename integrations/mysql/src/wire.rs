//! Reads and writes packets.

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
use crate::{Error, Result, compressed};

/// The size of a read.
const READ_SIZE: usize = 32 << 10;
/// Empty buffers that have grown beyond this are freed.
const KEPT_CAPACITY: usize = 1 << 20;

/// A connection on which packets are sent and received.
///
/// A payload of 16 MiB or more is several packets on the wire, and one here. None exceeds the
/// limit. Memory grows with what has arrived, not with the length that a header announces.
#[derive(Debug)]
pub(crate) struct Wire {
    stream: BoxStream,
    codec: PacketCodec,
    compressed: bool,
    #[cfg(feature = "zstd")]
    zstd: Option<Zstd>,
    /// Received bytes that are not decoded yet.
    arrived: BytesMut,
    packet: Vec<u8>,
    /// Whether `packet` is complete, and was returned to the caller.
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

    /// Compresses all further packets with zlib, in both directions.
    pub(crate) fn compress(&mut self, level: u32) {
        self.codec.compress(Compression::new(level));
        self.compressed = true;
    }

    /// Compresses all further packets with zstd, in both directions.
    #[cfg(feature = "zstd")]
    pub(crate) fn compress_by_zstd(&mut self) {
        self.compress(0);
        self.zstd = Some(Zstd::new());
    }

    /// Resets the sequence number for a new command.
    pub(crate) fn begin_command(&mut self) {
        self.codec.reset_seq_id();
    }

    /// Appends a packet to the send buffer.
    pub(crate) fn queue(&mut self, mut payload: &[u8]) -> Result<()> {
        if payload.len() > self.codec.max_allowed_packet {
            return Err(Error::usage(format!(
                "a packet of {} bytes exceeds the limit of {} (Opts::with_max_packet)",
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

    /// Sends the send buffer. Not cancel safe: part of it may have been sent.
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

    /// Sends a packet as far as that is possible without waiting.
    pub(crate) fn send_what_goes_at_once(&mut self, payload: &[u8]) {
        let mut cx = Context::from_waker(Waker::noop());
        if self.unsent.is_empty() && self.queue(payload).is_ok() {
            let _ = Pin::new(&mut self.stream).poll_write(&mut cx, &self.unsent);
            let _ = Pin::new(&mut self.stream).poll_flush(&mut cx);
        }
    }

    /// Returns the packet that was read last.
    pub(crate) fn packet(&self) -> &[u8] {
        &self.packet
    }

    /// Reads the next packet. Cancel safe.
    pub(crate) async fn next(&mut self) -> Result<&[u8]> {
        poll_fn(|cx| self.poll_next(cx)).await?;
        Ok(&self.packet)
    }

    /// Reads the next packet, which [`packet`](Wire::packet) then returns.
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
            // Dropping this future while it is pending loses nothing.
            let read = pin!(self.stream.read_buf(&mut self.arrived));
            if ready!(read.poll(cx))? == 0 {
                let error = "the server closed the connection";
                let error = io::Error::new(io::ErrorKind::UnexpectedEof, error);
                return Poll::Ready(Err(error.into()));
            }
        }
        self.whole = true;
        Poll::Ready(Ok(()))
    }

    /// Decodes the next packet, if all of it has arrived.
    fn decode(&mut self) -> Result<bool> {
        if !self.compressed {
            return Ok(self.codec.decode(&mut self.arrived, &mut self.packet)?);
        }
        // One compressed packet at a time, since the codec recurses for each, and a server could
        // send millions; but first, what is left of the last one.
        let mut one = BytesMut::new();
        loop {
            if self.codec.decode(&mut one, &mut self.packet)? {
                return Ok(true);
            }
            let limit = self.codec.max_allowed_packet;
            let Some(packet) = compressed::take(&mut self.arrived, limit)? else {
                return Ok(false);
            };
            one = packet;
            #[cfg(feature = "zstd")]
            if let Some(zstd) = &mut self.zstd {
                one = zstd.unpack(one, limit)?;
            }
        }
    }

    /// Starts TLS on the connection.
    ///
    /// # Errors
    ///
    /// Also returns an error if the server has sent unencrypted data ahead, which would otherwise
    /// be taken for encrypted.
    #[cfg(feature = "tls")]
    pub(crate) async fn encrypt(self, tls: &net_tls::ClientConfig, host: &str) -> Result<Self> {
        if !self.arrived.is_empty() {
            return Err(Error::protocol(
                "unexpected data after the greeting, before TLS",
            ));
        }
        let stream = tls.connect(host, self.stream).await?;
        let stream = BoxStream::new(stream);
        Ok(Wire { stream, ..self })
    }
}

/// Frees the memory of an empty buffer that has grown large.
fn give_back(buffer: &mut BytesMut) {
    if buffer.is_empty() && buffer.capacity() > KEPT_CAPACITY {
        *buffer = BytesMut::new();
    }
}
