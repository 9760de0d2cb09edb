//! From bytes to values.

use std::io;

use redis::{Parser, Value};

use crate::error::{Error, protocol};
use crate::scanner::Scanner;

/// What is read at once.
const CHUNK: usize = 16 << 10;

/// Turns what a server sends into values, by the parser of the crate `redis`.
pub(crate) struct Decoder {
    scanner: Scanner,
    parser: Parser,
    /// Bytes from the beginning of an answer on, the first `scanned` of which the
    /// scanner has seen.
    bytes: Vec<u8>,
    scanned: usize,
}

impl Decoder {
    pub(crate) fn new(max_answer: usize) -> Self {
        Decoder {
            scanner: Scanner::new(max_answer),
            parser: Parser::new(),
            bytes: Vec::new(),
            scanned: 0,
        }
    }

    /// Where to read more bytes into, behind what is there; with room for some.
    pub(crate) fn space(&mut self) -> &mut Vec<u8> {
        // It grows as bytes arrive, whatever a header claims.
        self.bytes.reserve(CHUNK);
        &mut self.bytes
    }

    /// Puts the values that are complete behind others, before an error too.
    pub(crate) fn decode(&mut self, values: &mut Vec<Value>) -> Result<(), Error> {
        let mut complete = 0;
        let mut count = 0;
        let mut scanned = Ok(());
        while self.scanned < self.bytes.len() {
            match self.scanner.scan(&self.bytes[self.scanned..]) {
                Ok((read, ends)) => {
                    self.scanned += read;
                    if ends {
                        complete = self.scanned;
                        count += 1;
                    }
                }
                Err(malformed) => {
                    scanned = Err(protocol(malformed.to_string()));
                    break;
                }
            }
        }
        let mut rest = &self.bytes[..complete];
        for _ in 0..count {
            let value = self.parser.parse_value(&mut rest);
            values.push(value.map_err(|error| protocol(error.to_string()))?);
        }
        if !rest.is_empty() {
            return Err(protocol("the parser has not taken all"));
        }
        self.bytes.drain(..complete);
        self.scanned -= complete;
        // What one long answer took is not kept.
        if self.bytes.capacity() > 4 * CHUNK && self.bytes.len() < CHUNK {
            self.bytes.shrink_to(CHUNK);
        }
        scanned
    }
}

impl std::fmt::Debug for Decoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Without the bytes, which may be anybody's.
        write!(f, "Decoder({} bytes)", self.bytes.len())
    }
}

/// What the end of a stream is, where an answer is expected.
pub(crate) fn end_of_stream() -> io::Error {
    io::Error::new(io::ErrorKind::UnexpectedEof, "the server has closed it")
}
