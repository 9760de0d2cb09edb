use std::future::Future;

use mysql_common::params::Params;
use mysql_common::row::convert::FromRow;

use crate::convert::convert;
use crate::{Conn, QueryResult, Result, RowStream, Statement, StatementLike};

pub(crate) mod sealed {
    /// Provides the connection that statements run on.
    pub trait HasConn: Send {
        fn conn(&mut self) -> &mut crate::Conn;
    }
}

impl sealed::HasConn for Conn {
    fn conn(&mut self) -> &mut Conn {
        self
    }
}

impl<T: sealed::HasConn> Queryable for T {}

/// Runs statements. Implemented by [`Conn`], [`Transaction`](crate::Transaction) and
/// [`PooledConn`](crate::PooledConn).
///
/// - `query…` methods send text as is; it may contain several statements.
/// - `exec…` methods prepare a statement with parameters, `?` or `:name`, and send their values
///   separately. A connection caches prepared statements.
///
/// ```no_run
/// # async fn example(conn: &mut net_mysql::Conn) -> net_mysql::Result<()> {
/// use net_mysql::params;
/// use net_mysql::prelude::*;
///
/// let all: Vec<(u32, String)> = conn.query("SELECT id, name FROM users").await?;
/// let one: Option<String> =
///     conn.exec_first("SELECT name FROM users WHERE id = ?", (7,)).await?;
/// conn.exec_drop("DELETE FROM users WHERE id = :id", params! { "id" => 7 }).await?;
/// # Ok(())
/// # }
/// ```
///
/// # Cancel safety
///
/// These methods are not cancel safe. If a future is dropped before it completes, the connection
/// is in an unknown state and rejects further commands, and the statement may or may not have been
/// executed.
pub trait Queryable: sealed::HasConn {
    /// Checks that the server responds.
    fn ping(&mut self) -> impl Future<Output = Result<()>> + Send {
        self.conn().ask_for_ping()
    }

    /// Runs a query up to its first result.
    fn query_iter<Q>(&mut self, query: Q) -> impl Future<Output = Result<QueryResult<'_>>> + Send
    where
        Q: AsRef<[u8]> + Send,
    {
        async move {
            let conn = self.conn();
            conn.start_command(mysql_common::constants::Command::COM_QUERY, query.as_ref())
                .await?;
            conn.read_result(false).await?;
            Ok(QueryResult::new(conn))
        }
    }

    /// Runs a query, and collects the rows of its first result.
    fn query<T, Q>(&mut self, query: Q) -> impl Future<Output = Result<Vec<T>>> + Send
    where
        T: FromRow + Send,
        Q: AsRef<[u8]> + Send,
    {
        async move { all(self.query_iter(query).await?).await }
    }

    /// Runs a query, and returns the first row of its first result.
    fn query_first<T, Q>(&mut self, query: Q) -> impl Future<Output = Result<Option<T>>> + Send
    where
        T: FromRow + Send,
        Q: AsRef<[u8]> + Send,
    {
        async move { first(self.query_iter(query).await?).await }
    }

    /// Runs a query, and maps the rows of its first result.
    fn query_map<T, U, Q, F>(
        &mut self,
        query: Q,
        f: F,
    ) -> impl Future<Output = Result<Vec<U>>> + Send
    where
        T: FromRow + Send,
        U: Send,
        Q: AsRef<[u8]> + Send,
        F: FnMut(T) -> U + Send,
    {
        async move { map(self.query_iter(query).await?, f).await }
    }

    /// Runs a query, and folds the rows of its first result.
    fn query_fold<T, U, Q, F>(
        &mut self,
        query: Q,
        init: U,
        f: F,
    ) -> impl Future<Output = Result<U>> + Send
    where
        T: FromRow + Send,
        U: Send,
        Q: AsRef<[u8]> + Send,
        F: FnMut(U, T) -> U + Send,
    {
        async move { fold(self.query_iter(query).await?, init, f).await }
    }

    /// Runs a query, and discards its results.
    fn query_drop<Q>(&mut self, query: Q) -> impl Future<Output = Result<()>> + Send
    where
        Q: AsRef<[u8]> + Send,
    {
        async move { self.query_iter(query).await?.drop_result().await }
    }

    /// Runs a query, and returns the rows of its first result as a stream.
    fn query_stream<T, Q>(
        &mut self,
        query: Q,
    ) -> impl Future<Output = Result<RowStream<'_, T>>> + Send
    where
        T: FromRow + Send,
        Q: AsRef<[u8]> + Send,
    {
        async move { Ok(self.query_iter(query).await?.into_stream()) }
    }

    /// Prepares a statement with parameters, `?` or `:name`.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Usage`](crate::Error::Usage) if the statement has parameters of both
    /// kinds.
    fn prep<Q>(&mut self, query: Q) -> impl Future<Output = Result<Statement>> + Send
    where
        Q: AsRef<str> + Send,
    {
        async move { self.conn().prepare(query.as_ref()).await }
    }

    /// Removes a statement from the cache, and closes it before the next command.
    fn close(&mut self, statement: Statement) {
        let conn = self.conn();
        // The server has already closed the statements of earlier sessions.
        if statement.session() == conn.session {
            conn.statements.close(statement);
        }
    }

    /// Executes a statement up to its first result.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Usage`](crate::Error::Usage), before anything is sent, if the parameters
    /// do not match the statement, or the statement belongs to another connection.
    fn exec_iter<S, P>(
        &mut self,
        statement: S,
        params: P,
    ) -> impl Future<Output = Result<QueryResult<'_>>> + Send
    where
        S: StatementLike,
        P: Into<Params> + Send,
    {
        let params = params.into();
        async move {
            let conn = self.conn();
            conn.start_exec(statement.source(), params).await?;
            Ok(QueryResult::new(conn))
        }
    }

    /// Executes a statement, and collects the rows of its first result.
    fn exec<T, S, P>(
        &mut self,
        statement: S,
        params: P,
    ) -> impl Future<Output = Result<Vec<T>>> + Send
    where
        T: FromRow + Send,
        S: StatementLike,
        P: Into<Params> + Send,
    {
        async move { all(self.exec_iter(statement, params).await?).await }
    }

    /// Executes a statement, and returns the first row of its first result.
    fn exec_first<T, S, P>(
        &mut self,
        statement: S,
        params: P,
    ) -> impl Future<Output = Result<Option<T>>> + Send
    where
        T: FromRow + Send,
        S: StatementLike,
        P: Into<Params> + Send,
    {
        async move { first(self.exec_iter(statement, params).await?).await }
    }

    /// Executes a statement, and maps the rows of its first result.
    fn exec_map<T, U, S, P, F>(
        &mut self,
        statement: S,
        params: P,
        f: F,
    ) -> impl Future<Output = Result<Vec<U>>> + Send
    where
        T: FromRow + Send,
        U: Send,
        S: StatementLike,
        P: Into<Params> + Send,
        F: FnMut(T) -> U + Send,
    {
        async move { map(self.exec_iter(statement, params).await?, f).await }
    }

    /// Executes a statement, and folds the rows of its first result.
    fn exec_fold<T, U, S, P, F>(
        &mut self,
        statement: S,
        params: P,
        init: U,
        f: F,
    ) -> impl Future<Output = Result<U>> + Send
    where
        T: FromRow + Send,
        U: Send,
        S: StatementLike,
        P: Into<Params> + Send,
        F: FnMut(U, T) -> U + Send,
    {
        async move { fold(self.exec_iter(statement, params).await?, init, f).await }
    }

    /// Executes a statement, and discards its results.
    fn exec_drop<S, P>(
        &mut self,
        statement: S,
        params: P,
    ) -> impl Future<Output = Result<()>> + Send
    where
        S: StatementLike,
        P: Into<Params> + Send,
    {
        async move { self.exec_iter(statement, params).await?.drop_result().await }
    }

    /// Executes a statement once for each set of parameters, in order, until one fails.
    fn exec_batch<S, P, I>(
        &mut self,
        statement: S,
        params: I,
    ) -> impl Future<Output = Result<()>> + Send
    where
        S: StatementLike,
        I: IntoIterator<Item = P, IntoIter: Send> + Send,
        P: Into<Params> + Send,
    {
        let params = params.into_iter();
        async move {
            let statement = match statement.source() {
                crate::statement::Source::Text(text) => self.prep(text).await?,
                crate::statement::Source::Prepared(statement) => statement.clone(),
            };
            for params in params {
                self.exec_drop(&statement, params).await?;
            }
            Ok(())
        }
    }

    /// Executes a statement, and returns the rows of its first result as a stream.
    fn exec_stream<T, S, P>(
        &mut self,
        statement: S,
        params: P,
    ) -> impl Future<Output = Result<RowStream<'_, T>>> + Send
    where
        T: FromRow + Send,
        S: StatementLike,
        P: Into<Params> + Send,
    {
        async move { Ok(self.exec_iter(statement, params).await?.into_stream()) }
    }
}

async fn all<T: FromRow + Send>(mut result: QueryResult<'_>) -> Result<Vec<T>> {
    let rows = result.collect().await;
    let rest = result.drop_result().await;
    let rows = rows?;
    rest.map(|()| rows)
}

async fn first<T: FromRow + Send>(mut result: QueryResult<'_>) -> Result<Option<T>> {
    let row = result.next().await?;
    result.drop_result().await?;
    row.map(convert).transpose()
}

async fn map<T: FromRow + Send, U: Send>(
    result: QueryResult<'_>,
    mut f: impl FnMut(T) -> U + Send,
) -> Result<Vec<U>> {
    fold(result, Vec::new(), |mut mapped, row| {
        mapped.push(f(row));
        mapped
    })
    .await
}

async fn fold<T: FromRow + Send, U: Send>(
    mut result: QueryResult<'_>,
    init: U,
    mut f: impl FnMut(U, T) -> U + Send,
) -> Result<U> {
    let mut folded = init;
    while let Some(row) = result.next().await? {
        folded = f(folded, convert(row)?);
    }
    result.drop_result().await?;
    Ok(folded)
}
