use std::fmt;
use std::ops::{Deref, DerefMut};
use std::time::Duration;

use deadpool::Runtime;
use deadpool::managed::{self, Metrics, PoolError, RecycleError, RecycleResult, TimeoutType};

use crate::{Client, Config, Connector, Error, Result};

/// How long a session may take until it is as it should be.
const RECYCLE_TIMEOUT: Duration = Duration::from_secs(5);

/// What makes a session like new, but for its prepared statements (`DISCARD`).
const CLEAN: &str = "CLOSE ALL; SET SESSION AUTHORIZATION DEFAULT; RESET ALL; UNLISTEN *; \
                     SELECT pg_advisory_unlock_all(); DISCARD TEMP; DISCARD SEQUENCES";

/// Sessions that are opened when they are needed, kept, and handed out in turn.
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

/// How a pool is made.
#[derive(Debug)]
pub struct PoolBuilder {
    manager: Manager,
    max_size: usize,
    wait_timeout: Option<Duration>,
}

/// What happens to a session before it is handed out again. One whose
/// connection has ended is never handed out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Recycling {
    /// A transaction that was left open is rolled back, and settings, locks,
    /// cursors, temporary tables and subscriptions are dropped. Prepared
    /// statements stay. It takes a round trip.
    #[default]
    Clean,
    /// A transaction that was left open is rolled back, in a round trip.
    Rollback,
    /// Nothing: whoever had it before has left it in order.
    Fast,
}

impl Pool {
    /// A pool of ten sessions at most; [`Pool::builder`] says more.
    #[must_use]
    pub fn new(connector: Connector, config: Config) -> Self {
        Pool::builder(connector, config).build()
    }

    /// How the pool is to be.
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

    /// Takes a session, which goes back when it is dropped. Waits for one if
    /// all are taken.
    ///
    /// # Errors
    ///
    /// If none was free in time, or a new one cannot be opened.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses no session.
    pub async fn get(&self) -> Result<Pooled> {
        match self.pool.get().await {
            Ok(object) => Ok(Pooled(object)),
            Err(PoolError::Backend(error)) => Err(error),
            Err(PoolError::Timeout(TimeoutType::Wait)) => Err(Error::pool(format!(
                "all {} sessions were taken for {:?}",
                self.pool.status().max_size,
                self.pool.timeouts().wait.unwrap_or_default()
            ))),
            Err(error) => Err(Error::pool(error.to_string())),
        }
    }

    /// How many sessions there are, taken or not.
    #[must_use]
    pub fn size(&self) -> usize {
        self.pool.status().size
    }
}

impl PoolBuilder {
    /// Has so many sessions at most.
    #[must_use]
    pub fn max_size(mut self, sessions: usize) -> Self {
        self.max_size = sessions.max(1);
        self
    }

    /// How long [`Pool::get`] waits for a session while all are taken; 30
    /// seconds unless something else is said. `None` is for ever.
    #[must_use]
    pub fn wait_timeout(mut self, timeout: Option<Duration>) -> Self {
        self.wait_timeout = timeout;
        self
    }

    /// What happens to a session before it is handed out again.
    #[must_use]
    pub fn recycling(mut self, recycling: Recycling) -> Self {
        self.manager.recycling = recycling;
        self
    }

    /// The pool, without a session yet.
    #[must_use]
    #[expect(clippy::missing_panics_doc, reason = "it never does")]
    pub fn build(self) -> Pool {
        let pool = managed::Pool::builder(self.manager)
            .max_size(self.max_size)
            .wait_timeout(self.wait_timeout)
            // What its last user had asked for may still be going on.
            .recycle_timeout(Some(RECYCLE_TIMEOUT))
            .runtime(Runtime::Tokio1)
            .build();
        Pool {
            pool: pool.expect("timeouts have a runtime"),
        }
    }
}

/// Opens sessions and looks after them.
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
            return Err(RecycleError::message("the connection has ended"));
        }
        match self.recycling {
            Recycling::Fast => Ok(()),
            Recycling::Rollback => client.batch_execute("ROLLBACK").await,
            Recycling::Clean => {
                // Both are sent before the first is answered.
                let rollback = client.batch_execute("ROLLBACK");
                let clean = client.batch_execute(CLEAN);
                tokio::try_join!(rollback, clean).map(drop)
            }
        }
        .map_err(|error| RecycleError::Backend(error.into()))
    }
}

/// A session of a [`Pool`], which it goes back to when this is dropped.
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
