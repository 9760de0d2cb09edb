//! Frames: a header of ten bytes and a payload (ttrpc's protocol specification,
//! "Message Frame").

use std::fmt;
use std::io;

use bytes::{Buf, BufMut, Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::mpsc;

use crate::{Code, Status};

/// The longest payload that the protocol allows.
pub(crate) const MAX_PAYLOAD: usize = 4 << 20;

const HEADER: usize = 10;
/// The least space in the buffer for a read.
const READ_CHUNK: usize = 8 << 10;
/// Payloads of up to this length are copied, so that a short one that waits to be
/// read does not keep a whole read buffer alive.
const SHORT: usize = 2 << 10;
/// Frames of up to this length are coalesced into one write.
const WRITE_CHUNK: usize = 32 << 10;
/// The number of frames that are taken from the queue at once.
const BATCH: usize = 64;

/// The sender sends nothing more on the stream.
pub(crate) const REMOTE_CLOSED: u8 = 0x01;
/// The sender sends further messages on the stream.
pub(crate) const REMOTE_OPEN: u8 = 0x02;
/// The frame carries no message; otherwise, an empty payload is one.
pub(crate) const NO_DATA: u8 = 0x04;
const KNOWN_FLAGS: u8 = REMOTE_CLOSED | REMOTE_OPEN | NO_DATA;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Request = 1,
    Response = 2,
    Data = 3,
}

#[derive(Debug)]
pub(crate) struct Frame {
    pub(crate) stream: u32,
    pub(crate) kind: Kind,
    pub(crate) flags: u8,
    pub(crate) payload: Bytes,
}

impl Frame {
    pub(crate) fn data(stream: u32, payload: Bytes) -> Self {
        Frame {
            stream,
            kind: Kind::Data,
            flags: 0,
            payload,
        }
    }

    /// Creates the end of a stream. containerd accepts it only without a message.
    pub(crate) fn end(stream: u32) -> Self {
        Frame {
            flags: REMOTE_CLOSED | NO_DATA,
            ..Frame::data(stream, Bytes::new())
        }
    }

    pub(crate) fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }

    /// Returns whether this is the last frame of the server on its stream.
    pub(crate) fn is_last(&self) -> bool {
        self.kind == Kind::Response || self.has(REMOTE_CLOSED)
    }

    fn put_header(&self, buffer: &mut BytesMut) {
        let length = u32::try_from(self.payload.len()).expect("checked by the caller");
        buffer.put_u32(length);
        buffer.put_u32(self.stream);
        buffer.put_u8(self.kind as u8);
        buffer.put_u8(self.flags);
    }
}

/// A violation of the protocol by the peer. Nothing more is read from it.
#[derive(Debug)]
pub(crate) struct Violation {
    pub(crate) stream: u32,
    pub(crate) status: Status,
}

impl Violation {
    pub(crate) fn new(stream: u32, what: impl fmt::Display) -> Self {
        Violation {
            stream,
            status: Status::new(
                Code::InvalidArgument,
                format!("protocol violation on stream {stream}: {what}"),
            ),
        }
    }
}

/// The error of a connection.
#[derive(Debug)]
pub(crate) enum Broken {
    Io(io::Error),
    Violation(Violation),
}

impl From<io::Error> for Broken {
    fn from(error: io::Error) -> Self {
        Broken::Io(error)
    }
}

impl From<Violation> for Broken {
    fn from(violation: Violation) -> Self {
        Broken::Violation(violation)
    }
}

impl From<Broken> for io::Error {
    fn from(broken: Broken) -> Self {
        match broken {
            Broken::Io(error) => error,
            Broken::Violation(violation) => io::Error::new(
                io::ErrorKind::InvalidData,
                violation.status.message().to_owned(),
            ),
        }
    }
}

/// Takes a frame out of a buffer, if it is complete.
fn decode(buffer: &mut BytesMut) -> Result<Option<Frame>, Violation> {
    let Some(mut header) = buffer.get(..HEADER) else {
        return Ok(None);
    };
    let length = header.get_u32();
    let stream = header.get_u32();
    let (kind, flags) = (header.get_u8(), header.get_u8());
    let length = match usize::try_from(length) {
        Ok(length) if length <= MAX_PAYLOAD => length,
        _ => {
            let mut violation = Violation::new(
                stream,
                format_args!("payload of {length} bytes exceeds the limit of {MAX_PAYLOAD}"),
            );
            violation.status.code = Code::ResourceExhausted;
            return Err(violation);
        }
    };
    let kind = match kind {
        1 => Kind::Request,
        2 => Kind::Response,
        3 => Kind::Data,
        other => {
            return Err(Violation::new(
                stream,
                format_args!("unknown message type {other:#04x}"),
            ));
        }
    };
    if flags & !KNOWN_FLAGS != 0 {
        return Err(Violation::new(
            stream,
            format_args!("unknown flags {flags:#04x}"),
        ));
    }
    if buffer.len() < HEADER + length {
        return Ok(None);
    }
    buffer.advance(HEADER);
    let payload = if length <= SHORT {
        let payload = Bytes::copy_from_slice(&buffer[..length]);
        buffer.advance(length);
        payload
    } else {
        buffer.split_to(length).freeze()
    };
    Ok(Some(Frame {
        stream,
        kind,
        flags,
        payload,
    }))
}

#[derive(Debug)]
pub(crate) struct FrameReader<R> {
    io: R,
    buffer: BytesMut,
}

impl<R: AsyncRead + Unpin> FrameReader<R> {
    pub(crate) fn new(io: R) -> Self {
        FrameReader {
            io,
            buffer: BytesMut::new(),
        }
    }

    /// Reads the next frame; `None` if the connection ends between two frames.
    /// Cancel safe.
    ///
    /// The buffer grows with the received data, not with the length in a header.
    pub(crate) async fn next(&mut self) -> Result<Option<Frame>, Broken> {
        loop {
            if let Some(frame) = decode(&mut self.buffer)? {
                return Ok(Some(frame));
            }
            self.buffer.reserve(READ_CHUNK);
            if self.io.read_buf(&mut self.buffer).await? > 0 {
                continue;
            }
            if self.buffer.is_empty() {
                return Ok(None);
            }
            let cut = "the connection ended within a frame";
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, cut).into());
        }
    }
}

/// Writes frames in order, until their senders are dropped.
pub(crate) async fn write_frames<W>(mut io: W, mut frames: mpsc::Receiver<Frame>) -> io::Result<()>
where
    W: AsyncWrite + Unpin,
{
    let mut batch = Vec::with_capacity(BATCH);
    let mut buffer = BytesMut::new();
    while frames.recv_many(&mut batch, BATCH).await > 0 {
        for frame in batch.drain(..) {
            frame.put_header(&mut buffer);
            if frame.payload.len() < WRITE_CHUNK {
                buffer.put_slice(&frame.payload);
            } else {
                io.write_all_buf(&mut buffer).await?;
                io.write_all(&frame.payload).await?;
            }
            if buffer.len() >= WRITE_CHUNK {
                io.write_all_buf(&mut buffer).await?;
            }
        }
        io.write_all_buf(&mut buffer).await?;
        io.flush().await?;
    }
    io.shutdown().await
}
