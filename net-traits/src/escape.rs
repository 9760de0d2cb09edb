//! Bytes as a line of text, and back.

use std::fmt::{self, Write as _};

/// Writes text with its control characters escaped, so that it cannot break a
/// line or a terminal.
pub(crate) fn write_text(text: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for part in text.split_inclusive(char::is_control) {
        match part.char_indices().next_back() {
            Some((at, last)) if last.is_control() => {
                f.write_str(&part[..at])?;
                write!(f, "{}", last.escape_default())?;
            }
            _ => f.write_str(part)?,
        }
    }
    Ok(())
}

/// Writes bytes so that [`read`] gives them back: control characters and what
/// is not UTF-8 as `\xNN`, a backslash as `\\`.
pub(crate) fn write(bytes: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for chunk in bytes.utf8_chunks() {
        for char in chunk.valid().chars() {
            if char == '\\' {
                f.write_str(r"\\")?;
            } else if char.is_control() {
                write_hex(char.encode_utf8(&mut [0; 4]).as_bytes(), f)?;
            } else {
                f.write_char(char)?;
            }
        }
        write_hex(chunk.invalid(), f)?;
    }
    Ok(())
}

fn write_hex(bytes: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    bytes.iter().try_for_each(|byte| write!(f, "\\x{byte:02x}"))
}

/// Reads what [`write()`] wrote. A backslash that begins no escape stands for
/// itself.
pub(crate) fn read(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        let byte = match (first, tail) {
            (b'\\', [b'\\', after @ ..]) => {
                rest = after;
                b'\\'
            }
            (b'\\', [b'x', high, low, after @ ..]) => match (digit(*high), digit(*low)) {
                (Some(high), Some(low)) => {
                    rest = after;
                    high << 4 | low
                }
                _ => b'\\',
            },
            (byte, _) => *byte,
        };
        bytes.push(byte);
    }
    bytes
}

fn digit(byte: u8) -> Option<u8> {
    let digit = char::from(byte).to_digit(16)?;
    u8::try_from(digit).ok()
}
