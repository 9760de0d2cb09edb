use std::fmt;

use crate::queryable::sealed::HasConn;
use crate::{Conn, Queryable, Result};

/// How much a transaction sees of others that run at the same time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum IsolationLevel {
    /// Also what others have not committed yet.
    ReadUncommitted,
    /// What was committed before each statement.
    ReadCommitted,
    /// What was committed before its first statement.
    RepeatableRead,
    /// As if no other ran.
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

/// How a transaction is started; see [`Conn::start_transaction`].
#[derive(Debug, Clone, Copy, Default)]
pub struct TxOpts {
    isolation: Option<IsolationLevel>,
    snapshot: bool,
    read_only: Option<bool>,
}

impl TxOpts {
    /// As the server does it by itself.
    #[must_use]
    pub fn new() -> Self {
        TxOpts::default()
    }

    /// How much it sees of others.
    #[must_use]
    pub fn with_isolation_level(mut self, level: IsolationLevel) -> Self {
        self.isolation = Some(level);
        self
    }

    /// Sees the database as it is now, and not as it will be at its first
    /// statement.
    #[must_use]
    pub fn with_consistent_snapshot(mut self, on: bool) -> Self {
        self.snapshot = on;
        self
    }

    /// Whether it may only read.
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

/// A transaction of a connection. Its statements are those of [`Queryable`].
///
/// If it is dropped without [`commit`](Transaction::commit), it is rolled back:
/// before the connection's next command, or by the server, when the connection
/// ends.
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
    /// Makes what it has done last.
    ///
    /// # Errors
    ///
    /// If the connection fails meanwhile, nobody knows whether it was committed.
    pub async fn commit(self) -> Result<()> {
        self.end("COMMIT").await
    }

    /// Undoes what it has done.
    pub async fn rollback(self) -> Result<()> {
        self.end("ROLLBACK").await
    }

    /// How many rows the last statement has changed.
    #[must_use]
    pub fn affected_rows(&self) -> u64 {
        self.conn.affected_rows()
    }

    /// The number that the last statement gave to a new row, if it did.
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
