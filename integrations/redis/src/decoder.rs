//! Decodes values from bytes.

use std::io;

use redis::{Parser, Value};

use crate::error::{Error, protocol};
use crate::scanner::Scanner;

/// The minimum space for a read.
const CHUNK: usize = 16 << 10;

/// Decodes the values that a server sends, with the parser of the crate `redis`.
pub(crate) struct Decoder {
    scanner: Scanner,
    parser: Parser,
    /// Bytes from the start of a value on, the first `scanned` of which the scanner has read.
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

    /// Returns the buffer to read into, with spare capacity.
    pub(crate) fn space(&mut self) -> &mut Vec<u8> {
        // The buffer grows as bytes arrive, not by the length that a header announces.
        self.bytes.reserve(CHUNK);
        &mut self.bytes
    }

    /// Appends all complete values, including those before an error.
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
            return Err(protocol("the parser did not consume the whole value"));
        }
        self.bytes.drain(..complete);
        self.scanned -= complete;
        // Frees the memory that a long value took.
        if self.bytes.capacity() > 4 * CHUNK && self.bytes.len() < CHUNK {
            self.bytes.shrink_to(CHUNK);
        }
        scanned
    }
}

impl std::fmt::Debug for Decoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Without the bytes, which may be sensitive.
        write!(f, "Decoder({} bytes)", self.bytes.len())
    }
}

/// Creates the error of an unexpected end of the stream.
pub(crate) fn end_of_stream() -> io::Error {
    io::Error::new(
        io::ErrorKind::UnexpectedEof,
        "the server closed the connection",
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use redis::parse_redis_value;

    use super::*;

    /// Replies as a server encodes them.
    fn answer() -> impl Strategy<Value = Vec<u8>> {
        let text = "[ -~]{0,12}";
        let leaf = prop_oneof![
            text.prop_map(|text| format!("+{text}\r\n").into_bytes()),
            text.prop_map(|text| format!("-ERR {text}\r\n").into_bytes()),
            any::<i64>().prop_map(|number| format!(":{number}\r\n").into_bytes()),
            any::<f64>().prop_map(|number| format!(",{number}\r\n").into_bytes()),
            any::<bool>().prop_map(|is| if is { b"#t\r\n" } else { b"#f\r\n" }.to_vec()),
            Just(b"_\r\n".to_vec()),
            Just(b"$-1\r\n".to_vec()),
            Just(b"*-1\r\n".to_vec()),
            text.prop_map(|text| format!("={}\r\ntxt:{text}\r\n", text.len() + 4).into_bytes()),
            prop::collection::vec(any::<u8>(), 0..40).prop_map(|bytes| {
                let mut answer = format!("${}\r\n", bytes.len()).into_bytes();
                answer.extend(bytes);
                answer.extend(b"\r\n");
                answer
            }),
        ];
        leaf.prop_recursive(6, 40, 5, |inner| {
            let many = prop::collection::vec(inner.clone(), 0..5);
            let pairs = prop::collection::vec((inner.clone(), inner.clone()), 0..4);
            prop_oneof![
                (many.clone(), "[*~]").prop_map(|(values, of)| {
                    let head = format!("{of}{}\r\n", values.len());
                    [head.into_bytes(), values.concat()].concat()
                }),
                pairs.clone().prop_map(|pairs| {
                    let head = format!("%{}\r\n", pairs.len()).into_bytes();
                    let pairs = pairs.into_iter().flat_map(|(key, value)| [key, value]);
                    [head, pairs.collect::<Vec<_>>().concat()].concat()
                }),
                (pairs, inner).prop_map(|(pairs, about)| {
                    let head = format!("|{}\r\n", pairs.len()).into_bytes();
                    let pairs = pairs.into_iter().flat_map(|(key, value)| [key, value]);
                    [head, pairs.collect::<Vec<_>>().concat(), about].concat()
                }),
                many.prop_map(|values| {
                    let head = format!(">{}\r\n+message\r\n", values.len() + 1);
                    [head.into_bytes(), values.concat()].concat()
                }),
            ]
        })
    }

    /// Decodes bytes that arrive in pieces of the given length.
    fn decode(bytes: &[u8], piece: usize) -> (Vec<Value>, Result<(), Error>) {
        let mut decoder = Decoder::new(1 << 20);
        let mut values = Vec::new();
        for piece in bytes.chunks(piece) {
            decoder.space().extend(piece);
            if let Err(error) = decoder.decode(&mut values) {
                return (values, Err(error));
            }
        }
        (values, Ok(()))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(if cfg!(target_family = "wasm") { 20 } else { 100 }))]

        #[test]
        fn answers_are_what_the_crates_parser_makes_of_them(
            answers in prop::collection::vec(answer(), 1..5),
            piece in 1..100_usize,
        ) {
            let (values, end) = decode(&answers.concat(), piece);
            prop_assert!(end.is_ok(), "{:?}", end);
            let expected = answers.iter().map(|answer| parse_redis_value(answer).unwrap());
            let expected: Vec<_> = expected.collect();
            // As text, since NaN does not equal itself.
            prop_assert_eq!(format!("{values:?}"), format!("{expected:?}"));
        }

        #[test]
        fn whatever_comes_is_read_or_refused(
            mut answer in answer(),
            changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
            piece in 1..100_usize,
        ) {
            for (at, byte) in changes {
                let at = at.index(answer.len());
                answer[at] = byte;
            }
            let (values, end) = decode(&answer, piece);
            // The result does not depend on the pieces.
            let (whole, whole_end) = decode(&answer, answer.len());
            prop_assert_eq!(format!("{values:?}"), format!("{whole:?}"));
            prop_assert_eq!(end.is_ok(), whole_end.is_ok());
        }

        #[test]
        fn noise_is_read_or_refused(
            noise in prop::collection::vec(prop::sample::select(b"+-:$*%|>~=!_,#(0123456789\r\na".to_vec()), 0..200),
            piece in 1..20_usize,
        ) {
            let _ = decode(&noise, piece);
        }
    }
}
