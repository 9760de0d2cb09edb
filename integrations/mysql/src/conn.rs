use std::fmt;
use std::mem;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use mysql_common::constants::{Command, StatusFlags};
use net_traits::{Dialer, Error as NetError, Operation};

use crate::handshake::Server;
use crate::response::{RowSet, Summary};
use crate::statement::Statements;
use crate::wire::Wire;
use crate::{Error, Opts, Result, handshake};

/// A connection to a database.
///
/// Its statements are methods of [`Queryable`](crate::Queryable). It is closed when it is dropped.
///
/// ```no_run
/// use net_mysql::Conn;
/// use net_mysql::prelude::*;
///
/// # async fn example() -> net_mysql::Result<()> {
/// let net = net::Net::default();
/// let mut conn = Conn::connect(&net, "mysql://app:secret@db/shop").await?;
/// let version: Option<String> = conn.query_first("SELECT version()").await?;
/// # Ok(())
/// # }
/// ```
pub struct Conn {
    pub(crate) wire: Wire,
    pub(crate) opts: Arc<Opts>,
    pub(crate) server: Server,
    pub(crate) phase: Phase,
    pub(crate) summary: Summary,
    pub(crate) statements: Statements,
    /// Identifies the session within this process.
    pub(crate) session: u64,
    /// Whether a transaction was dropped, and must not be committed.
    pub(crate) must_roll_back: bool,
    pub(crate) opened: Instant,
    pub(crate) last_command: Instant,
}

/// The state of the protocol.
#[derive(Debug)]
pub(crate) enum Phase {
    /// Ready for a command.
    Ready,
    /// Rows must be read.
    Rows(RowSet),
    /// Another result must be read.
    MoreResults { binary: bool },
    /// In the middle of a cancelled command, or after an error.
    Unknown,
}

pub(crate) fn new_session() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

impl Conn {
    /// Dials, logs in, and sets up the session.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Server`] if the server rejects the login, and [`Error::Io`], with the
    /// address, if it cannot be reached or times out.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future closes the connection.
    pub async fn connect<D, O>(dialer: &D, opts: O) -> Result<Self>
    where
        D: Dialer,
        O: TryInto<Opts>,
        Error: From<O::Error>,
    {
        let opts: Opts = opts.try_into()?;
        Conn::connect_with(dialer, Arc::new(opts)).await
    }

    pub(crate) async fn connect_with<D: Dialer>(dialer: &D, opts: Arc<Opts>) -> Result<Self> {
        let limit = opts.connect_timeout;
        // Boxed, since the future is large; an allocation is cheap next to a handshake.
        let connecting = Box::pin(Conn::connect_untimed(dialer, Arc::clone(&opts)));
        let connected = tokio::time::timeout(limit, connecting).await;
        connected
            .unwrap_or_else(|_| Err(NetError::timeout(Operation::Dial).into()))
            .map_err(|error| match error {
                Error::Io(error) if error.address().is_none() => Error::Io(
                    error
                        .with_operation(Operation::Dial)
                        .with_network(opts.address.network())
                        .with_address(opts.address.as_str()),
                ),
                error => error,
            })
    }

    async fn connect_untimed<D: Dialer>(dialer: &D, opts: Arc<Opts>) -> Result<Self> {
        let stream = dialer
            .dial(opts.address.network(), opts.address.as_str())
            .await?;
        if !opts.address.is_unix() {
            // Not every host supports the option, and each command is a single write anyway.
            let _ = net_traits::Stream::set_nodelay(&stream, true);
        }
        let stream = net_traits::BoxStream::new(stream);
        let (wire, server) = handshake::log_in(stream, &opts).await?;
        let mut conn = Conn {
            wire,
            server,
            phase: Phase::Ready,
            summary: Summary::default(),
            statements: Statements::new(opts.statement_cache),
            session: new_session(),
            must_roll_back: false,
            opened: Instant::now(),
            last_command: Instant::now(),
            opts,
        };
        conn.set_up_session().await?;
        Ok(conn)
    }

    async fn set_up_session(&mut self) -> Result<()> {
        for statement in self.opts.session()? {
            self.start_command(Command::COM_QUERY, statement.as_bytes())
                .await?;
            self.finish(false).await?;
        }
        Ok(())
    }

    /// Resets the session to its state after the login: rolls back the transaction, and clears
    /// variables, temporary tables, locks and prepared statements.
    pub async fn reset(&mut self) -> Result<()> {
        // The reset rolls back.
        self.must_roll_back = false;
        self.start_command(Command::COM_RESET_CONNECTION, &[])
            .await?;
        self.finish(false).await?;
        self.begin_session().await
    }

    /// Logs in again on the same connection, with the user, password, database and setup of these
    /// options. Their address and connection settings are ignored.
    ///
    /// # Errors
    ///
    /// If the server rejects the login, the connection is closed.
    pub async fn change_user<O>(&mut self, opts: O) -> Result<()>
    where
        O: TryInto<Opts>,
        Error: From<O::Error>,
    {
        let new: Opts = opts.try_into()?;
        let opts = Opts {
            user: new.user,
            password: new.password,
            database: new.database,
            charset: new.charset,
            time_zone: new.time_zone,
            setup: new.setup,
            ..(*self.opts).clone()
        };
        self.must_roll_back = false;
        self.begin().await?;
        self.phase = Phase::Unknown;
        handshake::change_user(&mut self.wire, &self.server, &opts).await?;
        self.phase = Phase::Ready;
        self.opts = Arc::new(opts);
        self.begin_session().await
    }

    async fn begin_session(&mut self) -> Result<()> {
        self.session = new_session();
        self.statements.clear();
        self.set_up_session().await
    }

    /// Pings the server.
    pub(crate) async fn ask_for_ping(&mut self) -> Result<()> {
        self.start_command(Command::COM_PING, &[]).await?;
        self.finish(false).await
    }

    /// Closes the connection gracefully.
    pub async fn disconnect(mut self) -> Result<()> {
        self.begin().await?;
        self.phase = Phase::Unknown;
        self.wire.begin_command();
        self.wire.send(&[Command::COM_QUIT as u8]).await
    }

    /// Returns the server's ID of this connection, as used by `KILL`.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.server.id
    }

    /// Returns the version that the server reports, such as `10.11.6-MariaDB`.
    #[must_use]
    pub fn server_version(&self) -> &str {
        &self.server.version
    }

    /// Returns whether the connection uses TLS.
    #[must_use]
    pub fn is_encrypted(&self) -> bool {
        self.server.encrypted
    }

    /// Returns the number of rows that the last statement changed.
    #[must_use]
    pub fn affected_rows(&self) -> u64 {
        self.summary.affected_rows
    }

    /// Returns the ID that the last statement generated for a new row, if any.
    #[must_use]
    pub fn last_insert_id(&self) -> Option<u64> {
        self.summary.last_insert_id
    }

    /// Returns the number of warnings of the last statement.
    #[must_use]
    pub fn warnings(&self) -> u16 {
        self.summary.warnings
    }

    /// Returns the server's message about the last statement, such as `Rows matched: 1`.
    #[must_use]
    pub fn info(&self) -> &str {
        &self.summary.info
    }

    /// Returns whether it is between commands, with nothing left to read.
    pub(crate) fn is_idle(&self) -> bool {
        matches!(self.phase, Phase::Ready)
    }

    /// Returns whether a transaction is open.
    pub(crate) fn is_in_transaction(&self) -> bool {
        self.must_roll_back
            || self
                .summary
                .status
                .contains(StatusFlags::SERVER_STATUS_IN_TRANS)
    }

    /// Prepares for a command: reads what an earlier one has left, and rolls back a transaction
    /// that was dropped.
    pub(crate) async fn begin(&mut self) -> Result<()> {
        if self.is_idle() && !self.must_roll_back {
            return Ok(());
        }
        // Boxed, since it is rare, and would enlarge the future of every command.
        Box::pin(self.settle()).await
    }

    async fn settle(&mut self) -> Result<()> {
        while !self.is_idle() {
            match self.skip_result().await {
                // The error belongs to the cancelled command.
                Ok(()) | Err(Error::Server(_)) => {}
                Err(error) => return Err(error),
            }
        }
        if mem::take(&mut self.must_roll_back) {
            self.send_command(Command::COM_QUERY, b"ROLLBACK").await?;
            self.finish(false).await?;
        }
        Ok(())
    }

    /// Prepares for a command, and sends it.
    pub(crate) async fn start_command(&mut self, command: Command, argument: &[u8]) -> Result<()> {
        self.begin().await?;
        self.send_command(command, argument).await
    }

    async fn send_command(&mut self, command: Command, argument: &[u8]) -> Result<()> {
        let mut payload = Vec::with_capacity(1 + argument.len());
        payload.push(command as u8);
        payload.extend_from_slice(argument);
        self.queue_command(&payload)?;
        self.phase = Phase::Unknown;
        self.wire.flush().await
    }

    /// Appends a command to the send buffer, after closing the statements that are not used any
    /// more.
    pub(crate) fn queue_command(&mut self, payload: &[u8]) -> Result<()> {
        self.last_command = Instant::now();
        for statement in self.statements.take_unused() {
            let mut close = vec![Command::COM_STMT_CLOSE as u8];
            close.extend_from_slice(&statement.id().to_le_bytes());
            self.wire.begin_command();
            self.wire.queue(&close)?;
        }
        self.wire.begin_command();
        self.wire.queue(payload)
    }

    /// Reads a reply to its end, and discards its rows.
    pub(crate) async fn finish(&mut self, binary: bool) -> Result<()> {
        self.read_result(binary).await?;
        while !self.is_idle() {
            self.skip_result().await?;
        }
        Ok(())
    }
}

impl Drop for Conn {
    fn drop(&mut self) {
        if self.is_idle() {
            self.wire.begin_command();
            self.wire.send_what_goes_at_once(&[Command::COM_QUIT as u8]);
        }
    }
}

impl fmt::Debug for Conn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Conn")
            .field("opts", &self.opts)
            .field("id", &self.server.id)
            .field("server", &self.server.version)
            .finish_non_exhaustive()
    }
}
