use std::collections::VecDeque;
use std::fmt;

use redis::{Arg, Cmd, FromRedisValue, Value, from_redis_value};

use crate::error::invalid;
use crate::{Connection, Result};

/// An iterator over the elements that a `SCAN` command returns; see [`Connection::scan`].
pub struct Scan<T> {
    connection: Connection,
    command: Cmd,
    /// Where to continue; `None` at the end.
    cursor: Option<u64>,
    found: VecDeque<T>,
}

impl Connection {
    /// Iterates over what `SCAN`, `HSCAN`, `SSCAN` or `ZSCAN` returns. The command's cursor must
    /// be set by [`Cmd::cursor_arg`].
    ///
    /// ```no_run
    /// use net_redis::cmd;
    ///
    /// # async fn example(redis: net_redis::Connection) -> net_redis::Result<()> {
    /// let mut keys = redis.scan::<String>(cmd("SCAN").cursor_arg(0).arg("COUNT").arg(100));
    /// while let Some(key) = keys.next().await? {
    ///     println!("{key}");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn scan<T: FromRedisValue>(&self, command: &Cmd) -> Scan<T> {
        Scan {
            connection: self.clone(),
            command: command.clone(),
            cursor: Some(0),
            found: VecDeque::new(),
        }
    }
}

impl<T: FromRedisValue> Scan<T> {
    /// Returns the next element, or `None` at the end. As with any `SCAN`, an element may be
    /// returned more than once.
    ///
    /// # Errors
    ///
    /// See [`Connection::query`]. The next call retries from the same cursor.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. If the future is dropped, no element is lost.
    pub async fn next(&mut self) -> Result<Option<T>> {
        if !self.command.in_scan_mode() {
            return Err(invalid(
                "the command has no cursor: set it with Cmd::cursor_arg",
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

/// Returns the command with its cursor filled in.
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
