use std::collections::VecDeque;
use std::fmt;

use redis::{Arg, Cmd, FromRedisValue, Value, from_redis_value};

use crate::error::invalid;
use crate::{Connection, Result};

/// What a `SCAN` finds, piece by piece; see [`Connection::scan`].
pub struct Scan<T> {
    connection: Connection,
    command: Cmd,
    /// Where it goes on; `None` at the end.
    cursor: Option<u64>,
    found: VecDeque<T>,
}

impl<T: FromRedisValue> Scan<T> {
    pub(crate) fn new(connection: Connection, command: &Cmd) -> Self {
        Scan {
            connection,
            command: command.clone(),
            cursor: Some(0),
            found: VecDeque::new(),
        }
    }

    /// The next element. As with any `SCAN`, one may come twice.
    ///
    /// # Errors
    ///
    /// Those of [`Connection::query`]; a later call tries again where this one
    /// was.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses no element.
    pub async fn next(&mut self) -> Result<Option<T>> {
        if !self.command.in_scan_mode() {
            return Err(invalid(
                "a scan's command has its cursor by Cmd::cursor_arg",
            ));
        }
        loop {
            if let Some(element) = self.found.pop_front() {
                return Ok(Some(element));
            }
            let Some(cursor) = self.cursor else {
                return Ok(None);
            };
            let page = with_cursor(&self.command, cursor);
            let (cursor, found): (u64, Value) = self.connection.query(&page).await?;
            let found: Vec<T> = from_redis_value(found).map_err(redis::RedisError::from)?;
            self.found = found.into();
            self.cursor = (cursor != 0).then_some(cursor);
        }
    }
}

/// The command with its cursor filled in.
fn with_cursor(command: &Cmd, cursor: u64) -> Cmd {
    let mut page = Cmd::new();
    for arg in command.args_iter() {
        match arg {
            Arg::Simple(bytes) => page.arg(bytes),
            _ => page.arg(cursor),
        };
    }
    page
}

impl<T> fmt::Debug for Scan<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scan")
            .field("cursor", &self.cursor)
            .finish_non_exhaustive()
    }
}
