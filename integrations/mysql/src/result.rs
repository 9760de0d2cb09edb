use std::fmt;
use std::future::poll_fn;
use std::sync::Arc;

use mysql_common::packets::Column;
use mysql_common::row::Row;
use mysql_common::row::convert::FromRow;

use crate::conn::Phase;
use crate::{Conn, Error, Result, RowStream};

/// What a statement gives: rows, or none; and for several statements, several
/// results, one after the other.
///
/// It is at the first result. Once the end of one was read ([`next`](QueryResult::next)
/// gave `None`, [`collect`](QueryResult::collect) a list), the next read is of the next.
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
/// What is left when it is dropped is read by the connection's next command. A
/// pool closes such a connection instead.
pub struct QueryResult<'c> {
    conn: &'c mut Conn,
    columns: Option<Arc<[Column]>>,
    /// Whether the end of the current result was handed out.
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

    /// The next row of this result, `None` at its end.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses no row, unless it had begun with the next result.
    pub async fn next(&mut self) -> Result<Option<Row>> {
        if self.at_end && !self.advance().await? {
            return Ok(None);
        }
        let row = poll_fn(|cx| self.conn.poll_row(cx)).await?;
        self.at_end = row.is_none();
        Ok(row)
    }

    /// Reads the rows of this result into a list.
    ///
    /// # Errors
    ///
    /// [`Error::Conversion`] at the first row that does not fit. The rest is still
    /// there to be read.
    pub async fn collect<T: FromRow>(&mut self) -> Result<Vec<T>> {
        let mut rows = Vec::new();
        while let Some(row) = self.next().await? {
            rows.push(convert(row)?);
        }
        Ok(rows)
    }

    /// Calls a function with each row of this result.
    pub async fn for_each<T: FromRow>(&mut self, mut f: impl FnMut(T) + Send) -> Result<()> {
        while let Some(row) = self.next().await? {
            f(convert(row)?);
        }
        Ok(())
    }

    /// Reads the rows of this result as a stream.
    pub fn stream<T: FromRow>(&mut self) -> RowStream<'_, T> {
        RowStream::new(self.conn)
    }

    pub(crate) fn into_stream<T: FromRow>(self) -> RowStream<'c, T> {
        RowStream::new(self.conn)
    }

    /// Leaves out what is left of this result, and goes on to the next; `false` if
    /// there is none.
    pub async fn next_result(&mut self) -> Result<bool> {
        while matches!(self.conn.phase, Phase::Rows(_)) {
            self.conn.skip_result().await?;
        }
        self.advance().await
    }

    /// Reads all that is left, and leaves it out.
    pub async fn drop_result(self) -> Result<()> {
        while !self.conn.is_idle() {
            self.conn.skip_result().await?;
        }
        Ok(())
    }

    /// The columns of this result; `None` where it is one without rows, as that of
    /// an `INSERT`.
    #[must_use]
    pub fn columns(&self) -> Option<&[Column]> {
        self.columns.as_deref()
    }

    /// Whether all results were read to their ends.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.conn.is_idle()
    }

    /// How many rows this result has changed. It is known at its end.
    #[must_use]
    pub fn affected_rows(&self) -> u64 {
        self.conn.affected_rows()
    }

    /// The number that was given to a new row, if it was. It is known at the end
    /// of this result.
    #[must_use]
    pub fn last_insert_id(&self) -> Option<u64> {
        self.conn.last_insert_id()
    }

    /// How many warnings there are. It is known at the end of this result.
    #[must_use]
    pub fn warnings(&self) -> u16 {
        self.conn.warnings()
    }

    /// What else the server said. It is known at the end of this result.
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

/// Makes a row what it is to be. An error tells its columns and not its values.
pub(crate) fn convert<T: FromRow>(row: Row) -> Result<T> {
    let columns = row.columns();
    T::from_row_opt(row).map_err(|_| {
        let names: Vec<_> = columns.iter().map(|column| column.name_str()).collect();
        let names = names.join(", ");
        let wanted = std::any::type_name::<T>();
        Error::Conversion(format!("a row of the columns ({names}) is no {wanted}"))
    })
}
