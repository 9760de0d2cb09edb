use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::time::{Duration, Instant};

use deadpool::managed::{self, Metrics, Object, PoolError, RecycleError, RecycleResult};
use net_traits::{Dialer, Error as NetError, Operation};

use crate::queryable::sealed::HasConn;
use crate::{Conn, Error, Opts, Result};

/// Connections that are shared. Clones are the same pool.
///
/// Connections are opened when they are needed, and used again, the one that was
/// last used first. Before that they are reset, which also shows whether they
/// still live. One that is in the middle of something, or does not live any
/// more, is closed.
///
/// ```no_run
/// use net_mysql::Pool;
/// use net_mysql::prelude::*;
///
/// # async fn example() -> net_mysql::Result<()> {
/// let pool = Pool::with_dialer(net::Net::default(), "mysql://app:secret@db/shop")?;
/// let mut conn = pool.get_conn().await?;
/// conn.ping().await?;
/// # Ok(())
/// # }
/// ```
pub struct Pool<D: Dialer + 'static> {
    connections: managed::Pool<Manager<D>>,
    wait: Duration,
}

impl<D: Dialer + Default + 'static> Pool<D> {
    /// A pool that dials as the dialer does by default. No connection is opened yet.
    ///
    /// # Errors
    ///
    /// If the options are a URL that cannot be read.
    pub fn new<O>(opts: O) -> Result<Self>
    where
        O: TryInto<Opts>,
        Error: From<O::Error>,
    {
        Pool::with_dialer(D::default(), opts)
    }
}

impl<D: Dialer + 'static> Pool<D> {
    /// A pool over any dialer. No connection is opened yet.
    ///
    /// # Errors
    ///
    /// If the options are a URL that cannot be read.
    pub fn with_dialer<O>(dialer: D, opts: O) -> Result<Self>
    where
        O: TryInto<Opts>,
        Error: From<O::Error>,
    {
        let opts: Opts = opts.try_into()?;
        let (wait, max) = (opts.pool_wait, opts.pool_max);
        let manager = Manager {
            dialer,
            opts: Arc::new(opts),
        };
        let connections = managed::Pool::builder(manager)
            .max_size(max)
            .queue_mode(managed::QueueMode::Lifo)
            .build()
            .map_err(|error| Error::usage(error.to_string()))?;
        Ok(Pool { connections, wait })
    }

    /// Takes a connection. It comes back when it is dropped.
    ///
    /// # Errors
    ///
    /// Those of [`Conn::connect`]; of kind [`TimedOut`](std::io::ErrorKind::TimedOut)
    /// if all are in use for as long as [`Opts::with_pool_wait`] says.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future gives its place up.
    pub async fn get_conn(&self) -> Result<PooledConn<D>> {
        match tokio::time::timeout(self.wait, self.connections.get()).await {
            Ok(Ok(conn)) => Ok(PooledConn(conn)),
            Ok(Err(PoolError::Backend(error))) => Err(error),
            Ok(Err(PoolError::Closed)) => Err(Error::Closed),
            Ok(Err(error)) => Err(Error::usage(error.to_string())),
            Err(_) => Err(NetError::timeout(Operation::Dial).into()),
        }
    }

    /// Closes the idle connections, and the others when they come back. No more
    /// are given out.
    pub fn disconnect(&self) {
        self.connections.close();
    }
}

impl<D: Dialer + 'static> Clone for Pool<D> {
    fn clone(&self) -> Self {
        Pool {
            connections: self.connections.clone(),
            wait: self.wait,
        }
    }
}

impl<D: Dialer + 'static> fmt::Debug for Pool<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let status = self.connections.status();
        f.debug_struct("Pool")
            .field("opts", &self.connections.manager().opts)
            .field("connections", &status.size)
            .field("idle", &status.available)
            .finish_non_exhaustive()
    }
}

/// A [`Conn`] of a [`Pool`].
pub struct PooledConn<D: Dialer + 'static>(Object<Manager<D>>);

impl<D: Dialer + 'static> PooledConn<D> {
    /// Takes the connection out of the pool, for good.
    #[must_use]
    pub fn into_conn(self) -> Conn {
        Object::take(self.0)
    }
}

impl<D: Dialer + 'static> Deref for PooledConn<D> {
    type Target = Conn;

    fn deref(&self) -> &Conn {
        &self.0
    }
}

impl<D: Dialer + 'static> DerefMut for PooledConn<D> {
    fn deref_mut(&mut self) -> &mut Conn {
        &mut self.0
    }
}

impl<D: Dialer + 'static> HasConn for PooledConn<D> {
    fn conn(&mut self) -> &mut Conn {
        self
    }
}

impl<D: Dialer + 'static> fmt::Debug for PooledConn<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PooledConn").field(&**self).finish()
    }
}

/// Opens connections, and decides which are used again.
struct Manager<D> {
    dialer: D,
    opts: Arc<Opts>,
}

impl<D: Dialer + 'static> managed::Manager for Manager<D> {
    type Type = Conn;
    type Error = Error;

    async fn create(&self) -> Result<Conn> {
        Conn::connect_with(&self.dialer, Arc::clone(&self.opts)).await
    }

    async fn recycle(&self, conn: &mut Conn, _: &Metrics) -> RecycleResult<Error> {
        // The times of `Metrics` are not there in WebAssembly.
        let over = |since: Instant, limit: Option<Duration>| {
            limit.is_some_and(|limit| since.elapsed() > limit)
        };
        if over(conn.opened, self.opts.max_age) || over(conn.last_command, self.opts.max_idle) {
            return Err(RecycleError::message("too old"));
        }
        if !conn.is_idle() {
            return Err(RecycleError::message("in the middle of a command"));
        }
        if !self.opts.reset_connection {
            if conn.is_in_transaction() {
                return Err(RecycleError::message("in a transaction"));
            }
            return Ok(());
        }
        let reset = Box::pin(conn.reset());
        let reset = tokio::time::timeout(self.opts.connect_timeout, reset).await;
        match reset {
            Ok(reset) => Ok(reset?),
            Err(_) => Err(RecycleError::message("does not answer")),
        }
    }
}
