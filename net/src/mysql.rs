//! MySQL and MariaDB on the target's network, with the interface that users of
//! `mysql_async` know.
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

/// Connections that are shared; see [`net_mysql::Pool`].
pub type Pool = net_mysql::Pool<crate::Net>;

/// A connection of a [`Pool`].
pub type PooledConn = net_mysql::PooledConn<crate::Net>;

/// Connects to the server of a URL, or of [`Opts`].
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
/// Those of [`Conn::connect`].
pub async fn connect<O>(opts: O) -> Result<Conn>
where
    O: TryInto<Opts>,
    Error: From<O::Error>,
{
    Conn::connect(&crate::Net::default(), opts).await
}
