//! Tracks what the client requests, from the messages that it sends.
//!
//! Reference: <https://www.postgresql.org/docs/current/protocol-message-formats.html>.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::copy_statement::is_copy_in;

/// The code of an `SSLRequest`, after which the startup begins again.
const SSL_REQUEST: [u8; 4] = 80_877_103_u32.to_be_bytes();

/// How much of a message other than Parse is inspected: the names in it.
const NAMES: usize = 256;

/// The queries by which tokio-postgres looks up an unknown type, the values of an enum, and the
/// fields of a composite type.
const TYPE_QUERIES: [&[u8]; 3] = [
    b"SELECT t.typname, t.typtype, t.typelem",
    b"SELECT enumlabel",
    b"SELECT attname, atttypid",
];

/// The maximum number of types that a statement may make it look up. It looks up nested types
/// recursively, so a server could make the stack overflow.
const MAX_TYPES: usize = 200;

/// What a response is to.
#[derive(Debug)]
pub(crate) enum Asked {
    /// Describe of a statement.
    Columns(Arc<Statement>),
    /// Execute of a statement.
    Rows(Arc<Statement>),
    /// A simple query.
    Simple,
    Sync,
}

#[derive(Debug, Default)]
pub(crate) struct Statement {
    /// Whether it is a COPY into a table.
    is_copy_in: bool,
    /// Whether it looks up a type.
    is_of_types: bool,
    columns: AtomicU32,
}

impl Statement {
    /// Returns the number of columns that the server announced.
    pub(crate) fn columns(&self) -> u32 {
        self.columns.load(Ordering::Relaxed)
    }

    pub(crate) fn set_columns(&self, number: u32) {
        self.columns.store(number, Ordering::Relaxed);
    }
}

/// The progress of reading the client's messages.
#[derive(Debug, Default)]
pub(crate) struct Requests {
    pub(crate) has_started: bool,
    /// What has no response yet.
    pub(crate) asked: VecDeque<Asked>,
    /// The start of the current message, including its tag.
    head: Vec<u8>,
    /// How much of the current message is to come, once its length is known.
    rest: Option<usize>,
    statements: HashMap<Vec<u8>, Arc<Statement>>,
    /// How many of the statements are a COPY into a table.
    copies: usize,
    /// The statements of named portals.
    portals: HashMap<Vec<u8>, Arc<Statement>>,
    /// The statement of the unnamed portal.
    bound: Option<Arc<Statement>>,
    /// Whether a COPY into a table was executed since the last Sync.
    has_begun_copy: bool,
    /// The number of types looked up since the last statement.
    types: usize,
}

impl Requests {
    /// Returns the tag if a message starts with this byte.
    pub(crate) fn next_tag(&self, byte: u8) -> Option<u8> {
        (self.has_started && self.is_between_messages()).then_some(byte)
    }

    /// Returns whether the last message is complete.
    pub(crate) fn is_between_messages(&self) -> bool {
        self.head.is_empty()
    }

    pub(crate) fn may_copy_in(&self) -> bool {
        self.copies > 0
    }

    pub(crate) fn has_begun_copy(&self) -> bool {
        self.has_begun_copy
    }

    /// Inspects bytes up to the end of the current message, and returns their number.
    ///
    /// # Errors
    ///
    /// Returns an error if the client looks up too many types, which the server controls.
    pub(crate) fn take(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let header = if self.has_started { 5 } else { 4 };
        let Some(rest) = self.rest else {
            // Up to the length, which includes itself.
            let missing = header - self.head.len();
            let taken = missing.min(bytes.len());
            self.head.extend_from_slice(&bytes[..taken]);
            if let Some(&length) = self.head.last_chunk::<4>()
                && self.head.len() == header
            {
                let length = u32::from_be_bytes(length) as usize;
                self.rest = Some(length.saturating_sub(4));
                self.end_if_complete()?;
            }
            return Ok(taken);
        };
        let taken = rest.min(bytes.len());
        let limit = if self.head[0] == b'P' {
            usize::MAX
        } else {
            NAMES
        };
        let room = limit.saturating_sub(self.head.len());
        self.head.extend_from_slice(&bytes[..taken.min(room)]);
        self.rest = Some(rest - taken);
        self.end_if_complete()?;
        Ok(taken)
    }

    fn end_if_complete(&mut self) -> io::Result<()> {
        if self.rest != Some(0) {
            return Ok(());
        }
        self.rest = None;
        let mut message = std::mem::take(&mut self.head);
        if self.has_started {
            self.note(message[0], &message[5..])?;
        } else {
            self.has_started = message[4..] != SSL_REQUEST;
        }
        message.clear();
        self.head = message;
        Ok(())
    }

    fn note(&mut self, tag: u8, body: &[u8]) -> io::Result<()> {
        let mut names = body.split(|byte| *byte == 0);
        let mut name = || names.next().unwrap_or_default();
        match tag {
            b'P' => self.parse(name(), name())?,
            b'D' => {
                let described = match kind_and_name(name()) {
                    (b'S', statement) => self.statements.get(statement),
                    (_, portal) => self.portal(portal),
                };
                self.asked.extend(described.cloned().map(Asked::Columns));
            }
            b'C' => match kind_and_name(name()) {
                (b'S', statement) => self.forget(statement),
                (_, portal) => drop(self.portals.remove(portal)),
            },
            b'B' => self.bind(name(), name())?,
            b'E' => {
                let executed = self.portal(name()).cloned();
                self.has_begun_copy = executed.as_ref().is_some_and(|it| it.is_copy_in);
                self.asked.extend(executed.map(Asked::Rows));
            }
            b'Q' => self.asked.push_back(Asked::Simple),
            b'S' => {
                self.bound = None;
                self.has_begun_copy = false;
                self.asked.push_back(Asked::Sync);
            }
            _ => {}
        }
        Ok(())
    }

    fn parse(&mut self, name: &[u8], query: &[u8]) -> io::Result<()> {
        let statement = Statement {
            is_copy_in: is_copy_in(query),
            is_of_types: query.starts_with(TYPE_QUERIES[0]),
            columns: AtomicU32::default(),
        };
        if statement.is_of_types {
            self.count_type()?;
        } else if !TYPE_QUERIES.iter().any(|it| query.starts_with(it)) {
            self.types = 0;
        }
        self.copies += usize::from(statement.is_copy_in);
        self.forget(name);
        self.statements.insert(name.to_vec(), Arc::new(statement));
        Ok(())
    }

    fn bind(&mut self, portal: &[u8], statement: &[u8]) -> io::Result<()> {
        let Some(statement) = self.statements.get(statement).cloned() else {
            return Ok(());
        };
        if statement.is_of_types {
            self.count_type()?;
        }
        if portal.is_empty() {
            self.bound = Some(statement);
        } else {
            self.portals.insert(portal.to_vec(), statement);
        }
        Ok(())
    }

    fn portal(&self, name: &[u8]) -> Option<&Arc<Statement>> {
        if name.is_empty() {
            self.bound.as_ref()
        } else {
            self.portals.get(name)
        }
    }

    fn forget(&mut self, statement: &[u8]) {
        if let Some(statement) = self.statements.remove(statement) {
            self.copies -= usize::from(statement.is_copy_in);
        }
    }

    fn count_type(&mut self) -> io::Result<()> {
        self.types += 1;
        if self.types > MAX_TYPES {
            let why = format!(
                "a statement has more than {MAX_TYPES} types, or a type that is infinitely nested"
            );
            return Err(io::Error::new(io::ErrorKind::InvalidData, why));
        }
        Ok(())
    }
}

/// Splits the target of Describe and Close: `S` and a statement's name, or `P` and a portal's.
fn kind_and_name(kind_and_name: &[u8]) -> (u8, &[u8]) {
    match kind_and_name {
        [kind, name @ ..] => (*kind, name),
        [] => (b'P', &[]),
    }
}
