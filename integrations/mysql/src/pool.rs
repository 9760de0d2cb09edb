use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::time::{Duration, Instant};

use deadpool::managed::{self, Metrics, Object, PoolError, RecycleError, RecycleResult};
use net_traits::Dialer;

use crate::queryable::sealed::HasConn;
use crate::{Conn, Error, Opts, Result};

/// A pool of connections. Clones share the same pool.
///
/// Connections are opened on demand, and the most recently used one is reused first. Before that
/// they are reset, which also checks that they are alive. A connection that is in the middle of a
/// command, or that is not alive any more, is closed.
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
    /// Creates a pool over the default dialer. No connection is opened yet.
    ///
    /// # Errors
    ///
    /// Returns an error if the options are an invalid URL.
    pub fn new<O>(opts: O) -> Result<Self>
    where
        O: TryInto<Opts>,
        Error: From<O::Error>,
    {
        Pool::with_dialer(D::default(), opts)
    }
}

impl<D: Dialer + 'static> Pool<D> {
    /// Creates a pool over a dialer. No connection is opened yet.
    ///
    /// # Errors
    ///
    /// Returns an error if the options are an invalid URL.
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

    /// Takes a connection from the pool, which it returns to when it is dropped.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`Conn::connect`], and [`Error::PoolTimeout`] if no connection becomes
    /// available for the duration of [`Opts::with_pool_wait`].
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. If the future is dropped, no connection is lost.
    pub async fn get_conn(&self) -> Result<PooledConn<D>> {
        match tokio::time::timeout(self.wait, self.connections.get()).await {
            Ok(Ok(conn)) => Ok(PooledConn(conn)),
            Ok(Err(PoolError::Backend(error))) => Err(error),
            Ok(Err(PoolError::Closed)) => Err(Error::Closed),
            Ok(Err(error)) => Err(Error::usage(error.to_string())),
            Err(_) => Err(Error::PoolTimeout(self.wait)),
        }
    }

    /// Closes the pool: its idle connections now, and the others when they are returned.
    /// [`get_conn`](Pool::get_conn) fails from now on.
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
    /// Removes the connection from the pool.
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

/// Opens connections, and decides which can be reused.
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
        // `Metrics` has no times in WebAssembly.
        let over = |since: Instant, limit: Option<Duration>| {
            limit.is_some_and(|limit| since.elapsed() > limit)
        };
        if over(conn.opened, self.opts.max_age) || over(conn.last_command, self.opts.max_idle) {
            return Err(RecycleError::message("the connection is too old"));
        }
        if !conn.is_idle() {
            return Err(RecycleError::message(
                "the connection is in the middle of a command",
            ));
        }
        if !self.opts.reset_connection {
            if conn.is_in_transaction() {
                return Err(RecycleError::message("the connection is in a transaction"));
            }
            return Ok(());
        }
        let reset = Box::pin(conn.reset());
        let reset = tokio::time::timeout(self.opts.connect_timeout, reset).await;
        match reset {
            Ok(reset) => Ok(reset?),
            Err(_) => Err(RecycleError::message("the reset timed out")),
        }
    }
}
