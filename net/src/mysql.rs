//! A MySQL and MariaDB client over the network of the target, with the interface of
//! `mysql_async`.
//!
//! ```no_run
//! # async fn example() -> net::mysql::Result<()> {
//! use net::mysql::prelude::*;
//!
//! let pool = net::mysql::Pool::new("mysql://app:secret@localhost/shop")?;
//! let mut conn = pool.get_conn().await?;
//! let orders: Vec<(u32, String)> = conn.query("SELECT id, item FROM orders").await?;
//! # Ok(())
//! # }
//! ```

pub use net_mysql::{
    Conn, Deserialized, Error, FromRow, FromRowError, FromValue, FromValueError, IsolationLevel,
    LocalInfile, Opts, Params, QueryResult, Queryable, Result, Row, RowStream, Serialized,
    ServerError, Statement, StatementLike, Transaction, TxOpts, Value, consts, from_row,
    from_row_opt, from_value, from_value_opt, params, prelude,
};

/// A connection pool; see [`net_mysql::Pool`].
pub type Pool = net_mysql::Pool<crate::Net>;

/// A connection from a [`Pool`], which returns to it when dropped.
pub type PooledConn = net_mysql::PooledConn<crate::Net>;

/// Connects to the server of a URL or of [`Opts`].
///
/// ```no_run
/// # async fn example() -> net::mysql::Result<()> {
/// use net::mysql::Opts;
/// use net::mysql::prelude::*;
///
/// let opts = Opts::new("localhost:3306").with_user("app").with_password("secret");
/// let mut conn = net::mysql::connect(opts).await?;
/// conn.ping().await?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// See [`Conn::connect`].
pub async fn connect<O>(opts: O) -> Result<Conn>
where
    O: TryInto<Opts>,
    Error: From<O::Error>,
{
    Conn::connect(&crate::Net::default(), opts).await
}
