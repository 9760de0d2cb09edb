use std::fmt;
use std::future::poll_fn;
use std::sync::Arc;

use mysql_common::packets::Column;
use mysql_common::row::Row;
use mysql_common::row::convert::FromRow;

use crate::conn::Phase;
use crate::convert::convert;
use crate::{Conn, Result, RowStream};

/// The results of a statement: of several statements, several results in sequence, each with or
/// without rows.
///
/// It starts at the first result. Once the end of a result has been read
/// ([`next`](QueryResult::next) returned `None`, or [`collect`](QueryResult::collect) a list), the
/// next read continues with the next result.
///
/// ```no_run
/// # use net_mysql::prelude::*;
/// # async fn example(conn: &mut net_mysql::Conn) -> net_mysql::Result<()> {
/// let mut result = conn.query_iter("SELECT 1, 2; SELECT 'three'").await?;
/// let first: Vec<(u32, u32)> = result.collect().await?;
/// let second: Vec<String> = result.collect().await?;
/// # Ok(())
/// # }
/// ```
///
/// What is left when it is dropped is read by the connection's next command. A pool closes such a
/// connection instead.
pub struct QueryResult<'c> {
    conn: &'c mut Conn,
    columns: Option<Arc<[Column]>>,
    /// Whether the end of the current result was returned.
    at_end: bool,
}

impl<'c> QueryResult<'c> {
    pub(crate) fn new(conn: &'c mut Conn) -> Self {
        let columns = current_columns(conn);
        QueryResult {
            conn,
            columns,
            at_end: false,
        }
    }

    /// Returns the next row of this result, or `None` at its end.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, no row is lost, unless it had started to read the next result.
    pub async fn next(&mut self) -> Result<Option<Row>> {
        if self.at_end && !self.advance().await? {
            return Ok(None);
        }
        let row = poll_fn(|cx| self.conn.poll_row(cx)).await?;
        self.at_end = row.is_none();
        Ok(row)
    }

    /// Collects the rows of this result.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Conversion`](crate::Error::Conversion) at the first row that cannot be
    /// converted. The remaining rows can still be read.
    pub async fn collect<T: FromRow>(&mut self) -> Result<Vec<T>> {
        let mut rows = Vec::new();
        while let Some(row) = self.next().await? {
            rows.push(convert(row)?);
        }
        Ok(rows)
    }

    /// Calls a function for each row of this result.
    pub async fn for_each<T: FromRow>(&mut self, mut f: impl FnMut(T) + Send) -> Result<()> {
        while let Some(row) = self.next().await? {
            f(convert(row)?);
        }
        Ok(())
    }

    /// Returns the rows of this result as a stream.
    pub fn stream<T: FromRow>(&mut self) -> RowStream<'_, T> {
        RowStream::new(self.conn)
    }

    pub(crate) fn into_stream<T: FromRow>(self) -> RowStream<'c, T> {
        RowStream::new(self.conn)
    }

    /// Discards the rest of this result, and continues with the next. Returns `false` if there is
    /// none.
    pub async fn next_result(&mut self) -> Result<bool> {
        while matches!(self.conn.phase, Phase::Rows(_)) {
            self.conn.skip_result().await?;
        }
        self.advance().await
    }

    /// Discards all remaining results.
    pub async fn drop_result(self) -> Result<()> {
        while !self.conn.is_idle() {
            self.conn.skip_result().await?;
        }
        Ok(())
    }

    /// Returns the columns of this result; `None` if it has no rows, such as that of an `INSERT`.
    #[must_use]
    pub fn columns(&self) -> Option<&[Column]> {
        self.columns.as_deref()
    }

    /// Returns whether all results have been read.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.conn.is_idle()
    }

    /// Returns the number of rows that this result changed, known at its end.
    #[must_use]
    pub fn affected_rows(&self) -> u64 {
        self.conn.affected_rows()
    }

    /// Returns the ID that was generated for a new row, if any, known at the end of this result.
    #[must_use]
    pub fn last_insert_id(&self) -> Option<u64> {
        self.conn.last_insert_id()
    }

    /// Returns the number of warnings, known at the end of this result.
    #[must_use]
    pub fn warnings(&self) -> u16 {
        self.conn.warnings()
    }

    /// Returns the server's message, known at the end of this result.
    #[must_use]
    pub fn info(&self) -> &str {
        self.conn.info()
    }

    async fn advance(&mut self) -> Result<bool> {
        let Phase::MoreResults { binary } = self.conn.phase else {
            return Ok(false);
        };
        self.conn.read_result(binary).await?;
        self.columns = current_columns(self.conn);
        self.at_end = false;
        Ok(true)
    }
}

impl fmt::Debug for QueryResult<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QueryResult")
            .field("conn", &self.conn)
            .finish_non_exhaustive()
    }
}

fn current_columns(conn: &Conn) -> Option<Arc<[Column]>> {
    match &conn.phase {
        Phase::Rows(rows) => Some(Arc::clone(&rows.columns)),
        _ => None,
    }
}
