//! Decodes frames from what a server sends.

use bytes::{Buf, Bytes, BytesMut};

/// The maximum length of a line. Those of memcached are shorter.
const MAX_LINE: usize = 8 << 10;
/// Values up to this length are copied, so that a small value that is kept does not keep the whole
/// buffer in memory.
const COPIED: usize = 16 << 10;
/// The minimum space for a read.
const READ_SIZE: usize = 16 << 10;

/// A unit of the protocol.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Frame {
    /// The reply to a meta command, with the value of `VA`.
    Meta(Meta, Bytes),
    /// `MN`.
    NoOp,
    /// `ERROR`, `CLIENT_ERROR` or `SERVER_ERROR`.
    Refusal(Refusal),
    /// Any other line.
    Text(String),
}

/// The line of a reply to a meta command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Meta {
    pub(crate) code: Code,
    pub(crate) flags: u32,
    pub(crate) cas: u64,
    pub(crate) opaque: Option<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Code {
    /// `VA`: a value follows.
    Value,
    /// `HD`: done.
    Done,
    /// `EN` or `NF`: no such item.
    Missing,
    /// `NS`: not stored, because a condition of the request is not met.
    NotStored,
    /// `EX`: the item's version is not the requested one.
    Exists,
}

/// An error reply of the server, with its message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refusal {
    UnknownCommand,
    Client(String),
    Server(String),
}

/// A buffer to read into, and the frames in it.
#[derive(Debug)]
pub(crate) struct Decoder {
    buffer: BytesMut,
    max_value: usize,
    /// A value whose line has been decoded.
    value: Option<(Meta, usize)>,
}

impl Decoder {
    pub(crate) fn new(max_value: usize) -> Self {
        Decoder {
            buffer: BytesMut::new(),
            max_value,
            value: None,
        }
    }

    /// Returns the buffer to read into. It grows with what has arrived, not with the length that
    /// is announced.
    pub(crate) fn space(&mut self) -> &mut BytesMut {
        let missing = match &self.value {
            Some((_, length)) => length.saturating_add(2).saturating_sub(self.buffer.len()),
            None => 0,
        };
        let step = self.buffer.len().max(READ_SIZE);
        self.buffer.reserve(missing.clamp(READ_SIZE, step));
        &mut self.buffer
    }

    /// Decodes the next frame, if all of it has arrived.
    ///
    /// # Errors
    ///
    /// Returns what is wrong if the data is not a valid frame. The connection is then unusable.
    pub(crate) fn next(&mut self) -> Result<Option<Frame>, String> {
        if let Some((meta, length)) = self.value {
            return self.data(meta, length);
        }
        let Some(line) = self.line()? else {
            return Ok(None);
        };
        let (frame, length) = parse(&line)?;
        match (frame, length) {
            (Frame::Meta(meta, _), Some(length)) => {
                if length > self.max_value {
                    let limit = self.max_value;
                    return Err(format!(
                        "a value of {length} bytes exceeds the limit of {limit}"
                    ));
                }
                self.value = Some((meta, length));
                self.data(meta, length)
            }
            (frame, _) => Ok(Some(frame)),
        }
    }

    /// Returns a line without its end.
    fn line(&mut self) -> Result<Option<BytesMut>, String> {
        let seen = &self.buffer[..self.buffer.len().min(MAX_LINE)];
        match seen.iter().position(|byte| *byte == b'\n') {
            Some(end) => {
                let mut line = self.buffer.split_to(end + 1);
                if !line.ends_with(b"\r\n") {
                    return Err("a line does not end with CR LF".to_owned());
                }
                line.truncate(line.len() - 2);
                Ok(Some(line))
            }
            None if seen.len() == MAX_LINE => Err(format!("a line exceeds {MAX_LINE} bytes")),
            None => Ok(None),
        }
    }

    fn data(&mut self, meta: Meta, length: usize) -> Result<Option<Frame>, String> {
        if self.buffer.len() < length.saturating_add(2) {
            return Ok(None);
        }
        if &self.buffer[length..length + 2] != b"\r\n" {
            return Err("a value is longer than announced".to_owned());
        }
        let value = if length <= COPIED {
            let value = Bytes::copy_from_slice(&self.buffer[..length]);
            self.buffer.advance(length);
            value
        } else {
            self.buffer.split_to(length).freeze()
        };
        self.buffer.advance(2);
        self.value = None;
        Ok(Some(Frame::Meta(meta, value)))
    }
}

/// Parses a line; the number is the length of the value that follows it.
fn parse(line: &[u8]) -> Result<(Frame, Option<usize>), String> {
    let mut words = line.split(|byte| *byte == b' ');
    let first = words.next().unwrap_or_default();
    let code = match first {
        b"VA" => Code::Value,
        b"HD" => Code::Done,
        b"EN" | b"NF" => Code::Missing,
        b"NS" => Code::NotStored,
        b"EX" => Code::Exists,
        b"MN" => return Ok((Frame::NoOp, None)),
        b"ERROR" => return Ok((Frame::Refusal(Refusal::UnknownCommand), None)),
        b"CLIENT_ERROR" => return Ok((Frame::Refusal(Refusal::Client(text(line))), None)),
        b"SERVER_ERROR" => return Ok((Frame::Refusal(Refusal::Server(text(line))), None)),
        _ => return Ok((Frame::Text(text(line)), None)),
    };
    let mut length = None;
    if code == Code::Value {
        let word = words.next().unwrap_or_default();
        length = Some(number(word).ok_or("a value has no length")?);
    }
    let mut meta = Meta {
        code,
        flags: 0,
        cas: 0,
        opaque: None,
    };
    for word in words {
        let wrong = || "a flag is not a number";
        match word.split_first() {
            Some((b'f', rest)) => meta.flags = number(rest).ok_or_else(wrong)?,
            Some((b'c', rest)) => meta.cas = number(rest).ok_or_else(wrong)?,
            Some((b'O', rest)) => meta.opaque = Some(number(rest).ok_or_else(wrong)?),
            _ => {}
        }
    }
    Ok((Frame::Meta(meta, Bytes::new()), length))
}

/// Parses a number, which must consist of decimal digits only.
fn number<N: TryFrom<u64>>(digits: &[u8]) -> Option<N> {
    if digits.is_empty() {
        return None;
    }
    let number = digits.iter().try_fold(0_u64, |number, byte| {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        number.checked_mul(10)?.checked_add(digit.into())
    });
    number.and_then(|number| N::try_from(number).ok())
}

fn text(line: &[u8]) -> String {
    String::from_utf8_lossy(line).into_owned()
}
