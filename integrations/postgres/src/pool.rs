use std::fmt;
use std::ops::{Deref, DerefMut};
use std::time::Duration;

use deadpool::Runtime;
use deadpool::managed::{self, Metrics, PoolError, RecycleError, RecycleResult, TimeoutType};

use crate::{Client, Config, Connector, Error, Result};

/// The timeout for cleaning up a session.
const RECYCLE_TIMEOUT: Duration = Duration::from_secs(5);

/// Resets a session, except for its prepared statements (`DISCARD`).
const CLEAN: &str = "CLOSE ALL; SET SESSION AUTHORIZATION DEFAULT; RESET ALL; UNLISTEN *; \
                     SELECT pg_advisory_unlock_all(); DISCARD TEMP; DISCARD SEQUENCES";

/// A pool of sessions, which are opened on demand and reused.
///
/// It is cheap to clone.
///
/// ```no_run
/// # async fn example() -> net_postgres::Result<()> {
/// use net_postgres::{Connector, Pool};
///
/// let config = "postgres://app@localhost/todo".parse()?;
/// let pool = Pool::new(Connector::new(net::Net::default()), config);
/// let client = pool.get().await?;
/// let row = client.query_one("SELECT count(*) FROM todo", &[]).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Pool {
    pool: managed::Pool<Manager>,
}

/// Builds a [`Pool`].
#[derive(Debug)]
pub struct PoolBuilder {
    manager: Manager,
    max_size: usize,
    wait_timeout: Option<Duration>,
}

/// What happens to a session before it is reused. A session whose connection has ended is never
/// reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Recycling {
    /// Rolls back an open transaction, and clears settings, locks, cursors, temporary tables and
    /// subscriptions, but no prepared statements. This takes a round trip.
    #[default]
    Clean,
    /// Rolls back an open transaction, which takes a round trip.
    Rollback,
    /// Does nothing: the previous user must have left the session clean.
    Fast,
}

impl Pool {
    /// Creates a pool of at most ten sessions; use [`Pool::builder`] for other settings.
    #[must_use]
    pub fn new(connector: Connector, config: Config) -> Self {
        Pool::builder(connector, config).build()
    }

    /// Creates a builder for a pool.
    #[must_use]
    pub fn builder(connector: Connector, config: Config) -> PoolBuilder {
        PoolBuilder {
            manager: Manager {
                connector,
                config,
                recycling: Recycling::default(),
            },
            max_size: 10,
            wait_timeout: Some(Duration::from_secs(30)),
        }
    }

    /// Takes a session from the pool, which it returns to when it is dropped. Waits if all are in
    /// use.
    ///
    /// # Errors
    ///
    /// Returns an error if no session became available in time, or if a new one cannot be opened.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. If the future is dropped, no session is lost.
    pub async fn get(&self) -> Result<Pooled> {
        match self.pool.get().await {
            Ok(object) => Ok(Pooled(object)),
            Err(PoolError::Backend(error)) => Err(error),
            Err(PoolError::Timeout(TimeoutType::Wait)) => Err(Error::pool(format!(
                "all {} sessions were in use for {:?}",
                self.pool.status().max_size,
                self.pool.timeouts().wait.unwrap_or_default()
            ))),
            Err(error) => Err(Error::pool(error.to_string())),
        }
    }

    /// Returns the number of sessions, in use or idle.
    #[must_use]
    pub fn size(&self) -> usize {
        self.pool.status().size
    }
}

impl PoolBuilder {
    /// Sets the maximum number of sessions.
    #[must_use]
    pub fn max_size(mut self, sessions: usize) -> Self {
        self.max_size = sessions.max(1);
        self
    }

    /// Sets how long [`Pool::get`] waits while all sessions are in use. The default is 30 seconds;
    /// `None` disables the timeout.
    #[must_use]
    pub fn wait_timeout(mut self, timeout: Option<Duration>) -> Self {
        self.wait_timeout = timeout;
        self
    }

    /// Sets what happens to a session before it is reused.
    #[must_use]
    pub fn recycling(mut self, recycling: Recycling) -> Self {
        self.manager.recycling = recycling;
        self
    }

    /// Builds the pool. No session is opened yet.
    #[must_use]
    #[expect(clippy::missing_panics_doc, reason = "a runtime is set")]
    pub fn build(self) -> Pool {
        let pool = managed::Pool::builder(self.manager)
            .max_size(self.max_size)
            .wait_timeout(self.wait_timeout)
            // A query of the previous user may still be running.
            .recycle_timeout(Some(RECYCLE_TIMEOUT))
            .runtime(Runtime::Tokio1)
            .build();
        Pool {
            pool: pool.expect("a runtime is set for the timeouts"),
        }
    }
}

/// Opens and recycles sessions.
#[derive(Debug)]
struct Manager {
    connector: Connector,
    config: Config,
    recycling: Recycling,
}

impl managed::Manager for Manager {
    type Type = Client;
    type Error = Error;

    async fn create(&self) -> Result<Client> {
        self.connector.connect(&self.config).await
    }

    async fn recycle(&self, client: &mut Client, _: &Metrics) -> RecycleResult<Error> {
        if client.is_closed() {
            return Err(RecycleError::message("the connection is closed"));
        }
        match self.recycling {
            Recycling::Fast => Ok(()),
            Recycling::Rollback => client.batch_execute("ROLLBACK").await,
            Recycling::Clean => {
                // Pipelined: both are sent before the first completes.
                let rollback = client.batch_execute("ROLLBACK");
                let clean = client.batch_execute(CLEAN);
                tokio::try_join!(rollback, clean).map(drop)
            }
        }
        .map_err(|error| RecycleError::Backend(error.into()))
    }
}

/// A session of a [`Pool`], which it returns to when it is dropped.
pub struct Pooled(managed::Object<Manager>);

impl Deref for Pooled {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.0
    }
}

impl DerefMut for Pooled {
    fn deref_mut(&mut self) -> &mut Client {
        &mut self.0
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool")
            .field("status", &self.pool.status())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Pooled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Pooled").field(&**self).finish()
    }
}
