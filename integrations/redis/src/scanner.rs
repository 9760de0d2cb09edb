//! Finds the end of a value before the parser of the crate `redis` reads it.
//!
//! The parser recurses into nested values, and waits for any length that a header announces. The
//! scanner therefore checks depth, length and headers first: without recursion, and byte by byte
//! as data arrives.

use std::ops::ControlFlow;

/// The maximum depth of nested arrays. Redis itself uses less than ten levels. The parser allows
/// 100, which a guest's stack may be too small for.
const MAX_DEPTH: usize = 32;
/// The maximum number of digits in a header.
const MAX_NUMBER: usize = 32;

/// Why a value is invalid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Malformed {
    UnknownType(u8),
    Length,
    Depth,
    End,
    TooLong(usize),
}

/// Scans values, each byte once.
#[derive(Debug)]
pub(crate) struct Scanner {
    /// The number of missing values of each open array.
    open: Vec<u64>,
    state: State,
    /// The length of this value so far.
    length: usize,
    max_length: usize,
}

#[derive(Debug, Clone, Copy)]
enum State {
    /// Before the first byte of a value.
    Type,
    /// In the line after a type's byte; `number` holds the digits so far.
    Line { of: u8, number: Number, cr: bool },
    /// In a string, with `left` bytes to come, including its end.
    String { left: u64 },
}

#[derive(Debug, Clone, Copy, Default)]
struct Number {
    negative: bool,
    digits: usize,
    value: u64,
}

impl Scanner {
    /// Creates a scanner for values of at most `max_length` bytes.
    pub(crate) fn new(max_length: usize) -> Self {
        Scanner {
            open: Vec::new(),
            state: State::Type,
            length: 0,
            max_length,
        }
    }

    /// Scans up to the end of a value. Returns the number of bytes read, and whether the value
    /// ends there.
    pub(crate) fn scan(&mut self, bytes: &[u8]) -> Result<(usize, bool), Malformed> {
        let mut at = 0;
        while at < bytes.len() {
            let before = at;
            let value_ends = match self.state {
                State::Type => {
                    self.begin(bytes[at])?;
                    at += 1;
                    false
                }
                State::Line { .. } => self.line(bytes, &mut at)?,
                State::String { left } => {
                    let there = bytes.len() - at;
                    let take = usize::try_from(left).map_or(there, |left| left.min(there));
                    self.string(&bytes[at..at + take], left)?;
                    at += take;
                    left == take as u64
                }
            };
            self.length += at - before;
            if self.length > self.max_length {
                return Err(Malformed::TooLong(self.max_length));
            }
            if value_ends && self.end_value().is_break() {
                self.length = 0;
                return Ok((at, true));
            }
        }
        Ok((at, false))
    }

    fn begin(&mut self, of: u8) -> Result<(), Malformed> {
        if !b"+-:_,#($!=*~%|>".contains(&of) {
            return Err(Malformed::UnknownType(of));
        }
        self.state = State::Line {
            of,
            number: Number::default(),
            cr: false,
        };
        Ok(())
    }

    /// Continues a line. Returns whether the value ends with it.
    fn line(&mut self, bytes: &[u8], at: &mut usize) -> Result<bool, Malformed> {
        let State::Line { of, number, cr } = &mut self.state else {
            unreachable!("called in a line");
        };
        while let Some(&byte) = bytes.get(*at) {
            *at += 1;
            if *cr && byte == b'\n' {
                let (of, number) = (*of, *number);
                return self.header(of, number);
            }
            if !has_length(*of) {
                *cr = byte == b'\r';
                continue;
            }
            match byte {
                _ if *cr => return Err(Malformed::Length),
                b'\r' => *cr = true,
                b'-' if number.digits == 0 && !number.negative => number.negative = true,
                b'0'..=b'9' if number.digits < MAX_NUMBER => {
                    number.digits += 1;
                    let value = number.value.checked_mul(10);
                    let value = value.and_then(|value| value.checked_add(u64::from(byte - b'0')));
                    number.value = value.ok_or(Malformed::Length)?;
                }
                _ => return Err(Malformed::Length),
            }
        }
        Ok(false)
    }

    /// Handles the end of a line. Returns whether the value ends with it.
    fn header(&mut self, of: u8, number: Number) -> Result<bool, Malformed> {
        if !has_length(of) {
            return Ok(true);
        }
        let nil = number.negative && number.value == 1 && number.digits == 1;
        if nil && matches!(of, b'$' | b'*') {
            return Ok(true);
        }
        // The parser stores lengths as `i64`.
        let fits = number.value <= i64::MAX as u64 / 4;
        if number.negative || number.digits == 0 || !fits {
            return Err(Malformed::Length);
        }
        let values = match of {
            b'$' | b'!' | b'=' => {
                let left = number.value + 2;
                self.state = State::String { left };
                return Ok(false);
            }
            b'%' => number.value * 2,
            // And the value that the attributes describe.
            b'|' => number.value * 2 + 1,
            // The first element is the kind of the push.
            b'>' if number.value == 0 => return Err(Malformed::Length),
            _ => number.value,
        };
        if values == 0 {
            return Ok(true);
        }
        if self.open.len() == MAX_DEPTH {
            return Err(Malformed::Depth);
        }
        self.open.push(values);
        self.state = State::Type;
        Ok(false)
    }

    /// Continues a string with `left` bytes to come; it ends with CR LF.
    fn string(&mut self, bytes: &[u8], left: u64) -> Result<(), Malformed> {
        let after = left - bytes.len() as u64;
        let end = [(b'\r', 2), (b'\n', 1)];
        for (expected, from_end) in end {
            // Its position in these bytes, if it is among them.
            let at = (bytes.len() as u64 + after).checked_sub(from_end);
            let byte = at.and_then(|at| bytes.get(usize::try_from(at).ok()?));
            if byte.is_some_and(|byte| *byte != expected) {
                return Err(Malformed::End);
            }
        }
        self.state = State::String { left: after };
        Ok(())
    }

    /// Handles the end of a nested value. Breaks if the outermost value ends with it.
    fn end_value(&mut self) -> ControlFlow<()> {
        self.state = State::Type;
        while let Some(left) = self.open.last_mut() {
            *left -= 1;
            if *left > 0 {
                return ControlFlow::Continue(());
            }
            self.open.pop();
        }
        ControlFlow::Break(())
    }
}

/// Returns whether the line is a length: of a string, or the number of values that follow.
fn has_length(of: u8) -> bool {
    b"$!=*~%|>".contains(&of)
}

impl std::fmt::Display for Malformed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Malformed::UnknownType(byte) => {
                write!(f, "unknown type \"{}\"", byte.escape_ascii())
            }
            Malformed::Length => f.write_str("invalid length"),
            Malformed::Depth => write!(f, "nested deeper than {MAX_DEPTH} levels"),
            Malformed::End => f.write_str("a string is longer or shorter than announced"),
            Malformed::TooLong(max) => write!(f, "the reply exceeds {max} bytes"),
        }
    }
}
