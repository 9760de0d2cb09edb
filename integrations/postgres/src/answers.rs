//! Validates what tokio-postgres trusts the server for: that rows have the announced number of
//! columns. Otherwise it panics on a missing column, even in `try_get`.

use std::collections::VecDeque;
use std::io;

use crate::requests::{Asked, Requests};

/// The length of a tag and a length, and the number of columns if there is one.
const HEAD: usize = 7;

/// The progress of reading the server's messages.
#[derive(Debug, Default)]
pub(crate) struct Answers {
    /// The start of a message that has not arrived far enough to be inspected.
    head: [u8; HEAD],
    held: usize,
    /// How much of the current message to skip.
    rest: usize,
    /// The columns of the current rows of a simple query.
    columns: u32,
}

impl Answers {
    /// Inspects received bytes.
    ///
    /// # Errors
    ///
    /// Returns an error if a row has another number of columns than announced, or a message is too
    /// short.
    pub(crate) fn read(&mut self, mut bytes: &[u8], requests: &mut Requests) -> io::Result<()> {
        if !requests.has_started {
            // The response to an `SSLRequest`, which is not a message.
            return Ok(());
        }
        while !bytes.is_empty() {
            let skipped = self.rest.min(bytes.len());
            self.rest -= skipped;
            bytes = &bytes[skipped..];
            match bytes.first_chunk::<HEAD>() {
                Some(head) if self.held == 0 => {
                    let taken = self.begin(*head, requests)?;
                    bytes = &bytes[taken..];
                }
                _ => {
                    let Some((byte, others)) = bytes.split_first() else {
                        return Ok(());
                    };
                    self.head[self.held] = *byte;
                    self.held += 1;
                    bytes = others;
                    if self.held == looked_at(self.head[0]) {
                        self.held = 0;
                        self.begin(self.head, requests)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Starts a message. Returns how much of it was inspected.
    fn begin(&mut self, head: [u8; HEAD], requests: &mut Requests) -> io::Result<usize> {
        let [tag, length @ .., high, low] = head;
        let taken = looked_at(tag);
        // The length does not include the tag.
        let length = u32::from_be_bytes(length) as usize;
        let Some(rest) = length.checked_sub(taken - 1) else {
            return Err(invalid(format!("invalid message length {length}")));
        };
        self.rest = rest;
        let columns = u32::from(u16::from_be_bytes([high, low]));
        self.follow(tag, columns, &mut requests.asked)?;
        Ok(taken)
    }

    /// Matches a message with what was requested.
    fn follow(&mut self, tag: u8, columns: u32, asked: &mut VecDeque<Asked>) -> io::Result<()> {
        match (tag, asked.front()) {
            (b'D', Some(Asked::Rows(statement))) => check(statement.columns(), columns)?,
            (b'D', Some(Asked::Simple)) => check(self.columns, columns)?,
            (b'T', Some(Asked::Columns(statement))) => {
                statement.set_columns(columns);
                asked.pop_front();
            }
            (b'T', Some(Asked::Simple)) => self.columns = columns,
            (b'n', Some(Asked::Columns(_))) | (b'C' | b'I' | b's', Some(Asked::Rows(_))) => {
                asked.pop_front();
            }
            // After an error, the server skips everything up to the Sync.
            (b'E', _) => {
                while let Some(Asked::Columns(_) | Asked::Rows(_)) = asked.front() {
                    asked.pop_front();
                }
            }
            (b'Z', _) => while let Some(Asked::Columns(_) | Asked::Rows(_)) = asked.pop_front() {},
            _ => {}
        }
        Ok(())
    }
}

/// Returns how much of a message is inspected.
fn looked_at(tag: u8) -> usize {
    match tag {
        b'D' | b'T' => HEAD,
        _ => HEAD - size_of::<u16>(),
    }
}

fn check(announced: u32, columns: u32) -> io::Result<()> {
    if columns == announced {
        return Ok(());
    }
    let why = format!("a row has {columns} columns, but {announced} were announced");
    Err(invalid(why))
}

fn invalid(why: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}
