use std::fmt;

use crate::queryable::sealed::HasConn;
use crate::{Conn, Queryable, Result};

/// The isolation level of a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum IsolationLevel {
    /// Sees uncommitted changes of other transactions.
    ReadUncommitted,
    /// Sees what was committed before each statement.
    ReadCommitted,
    /// Sees what was committed before its first statement.
    RepeatableRead,
    /// Behaves as if no other transaction ran concurrently.
    Serializable,
}

impl IsolationLevel {
    fn name(self) -> &'static str {
        match self {
            IsolationLevel::ReadUncommitted => "READ UNCOMMITTED",
            IsolationLevel::ReadCommitted => "READ COMMITTED",
            IsolationLevel::RepeatableRead => "REPEATABLE READ",
            IsolationLevel::Serializable => "SERIALIZABLE",
        }
    }
}

/// Options of a transaction; see [`Conn::start_transaction`].
#[derive(Debug, Clone, Copy, Default)]
pub struct TxOpts {
    isolation: Option<IsolationLevel>,
    snapshot: bool,
    read_only: Option<bool>,
}

impl TxOpts {
    /// Creates options with the defaults of the server.
    #[must_use]
    pub fn new() -> Self {
        TxOpts::default()
    }

    /// Sets the isolation level.
    #[must_use]
    pub fn with_isolation_level(mut self, level: IsolationLevel) -> Self {
        self.isolation = Some(level);
        self
    }

    /// Takes the snapshot at the start of the transaction, rather than at its first statement.
    #[must_use]
    pub fn with_consistent_snapshot(mut self, on: bool) -> Self {
        self.snapshot = on;
        self
    }

    /// Sets whether the transaction is read-only.
    #[must_use]
    pub fn with_readonly(mut self, on: bool) -> Self {
        self.read_only = Some(on);
        self
    }

    fn statement(self) -> String {
        let mut how = Vec::new();
        if self.snapshot {
            how.push("WITH CONSISTENT SNAPSHOT");
        }
        how.extend(
            self.read_only
                .map(|only| if only { "READ ONLY" } else { "READ WRITE" }),
        );
        format!("START TRANSACTION {}", how.join(", "))
    }
}

/// A transaction. Its statements are methods of [`Queryable`].
///
/// If it is dropped without [`commit`](Transaction::commit), it is rolled back: before the
/// connection's next command, or by the server when the connection is closed.
pub struct Transaction<'c> {
    conn: &'c mut Conn,
    ended: bool,
}

impl Conn {
    /// Starts a transaction.
    ///
    /// ```no_run
    /// # use net_mysql::prelude::*;
    /// # async fn example(conn: &mut net_mysql::Conn) -> net_mysql::Result<()> {
    /// use net_mysql::TxOpts;
    ///
    /// let mut transaction = conn.start_transaction(TxOpts::new()).await?;
    /// transaction.query_drop("UPDATE stock SET pieces = pieces - 1").await?;
    /// transaction.query_drop("INSERT INTO orders (pieces) VALUES (1)").await?;
    /// transaction.commit().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn start_transaction(&mut self, opts: TxOpts) -> Result<Transaction<'_>> {
        if let Some(level) = opts.isolation {
            let level = level.name();
            self.query_drop(format!("SET TRANSACTION ISOLATION LEVEL {level}"))
                .await?;
        }
        self.query_drop(opts.statement()).await?;
        Ok(Transaction {
            conn: self,
            ended: false,
        })
    }
}

impl Transaction<'_> {
    /// Commits the transaction.
    ///
    /// # Errors
    ///
    /// If the connection fails, it is unknown whether the transaction was committed.
    pub async fn commit(self) -> Result<()> {
        self.end("COMMIT").await
    }

    /// Rolls the transaction back.
    pub async fn rollback(self) -> Result<()> {
        self.end("ROLLBACK").await
    }

    /// Returns the number of rows that the last statement changed.
    #[must_use]
    pub fn affected_rows(&self) -> u64 {
        self.conn.affected_rows()
    }

    /// Returns the ID that the last statement generated for a new row, if any.
    #[must_use]
    pub fn last_insert_id(&self) -> Option<u64> {
        self.conn.last_insert_id()
    }

    async fn end(mut self, statement: &str) -> Result<()> {
        self.conn.query_drop(statement).await?;
        self.ended = true;
        Ok(())
    }
}

impl Drop for Transaction<'_> {
    fn drop(&mut self) {
        self.conn.must_roll_back |= !self.ended;
    }
}

impl HasConn for Transaction<'_> {
    fn conn(&mut self) -> &mut Conn {
        self.conn
    }
}

impl fmt::Debug for Transaction<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transaction")
            .field("conn", &self.conn)
            .finish_non_exhaustive()
    }
}
