//! A PostgreSQL client over the network of the target: tokio-postgres as published,
//! with libpq's connection strings and a pool.
//!
//! ```no_run
//! # async fn example() -> net::postgres::Result<()> {
//! let pool = net::postgres::pool("postgres://app:secret@localhost/todo")?;
//! let client = pool.get().await?;
//! for row in client.query("SELECT id, text FROM todo WHERE NOT done", &[]).await? {
//!     let (id, text): (i32, &str) = (row.get(0), row.get(1));
//!     println!("{id} {text}");
//! }
//! # Ok(())
//! # }
//! ```
//!
//! With the feature `tls-ring` or `tls-rustcrypto`, connections are encrypted
//! according to `sslmode`, and verified with the trust roots of the target.

pub use net_postgres::{
    CancelToken, ChannelBinding, Client, Config, Connector, CopyInSink, CopyOutStream, Error,
    GenericClient, Host, IsolationLevel, LoadBalanceHosts, Notifications, NotificationsError, Pool,
    PoolBuilder, Pooled, Recycling, Result, Row, RowStream, SimpleQueryMessage, SslMode, Statement,
    TargetSessionAttrs, Transaction, postgres, types,
};

/// Connects to the database of a connection string or of a [`Config`].
///
/// # Errors
///
/// Returns an error if the connection string is invalid, if TLS is required and its
/// trust roots cannot be read, or if no server accepts the connection: it then has
/// the error of each.
pub async fn connect<C>(config: C) -> Result<Client>
where
    C: TryInto<Config>,
    Error: From<C::Error>,
{
    let config: Config = config.try_into()?;
    connector(config.ssl_mode())?.connect(&config).await
}

/// Creates a pool of at most ten connections to the database of a connection string
/// or of a [`Config`]. It opens none yet.
///
/// ```no_run
/// # async fn example() -> net::postgres::Result<()> {
/// use net::postgres::Config;
///
/// let config = Config::new("localhost", 5432).with_user("app").with_password("secret");
/// let pool = net::postgres::pool(config)?;
/// pool.get().await?.batch_execute("SELECT 1").await?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// Returns an error if the connection string is invalid, or if TLS is required and its
/// trust roots cannot be read.
pub fn pool<C>(config: C) -> Result<Pool>
where
    C: TryInto<Config>,
    Error: From<C::Error>,
{
    let config: Config = config.try_into()?;
    Ok(Pool::new(connector(config.ssl_mode())?, config))
}

/// Creates a connector over the network of the target, with TLS if a feature for it
/// is on. Natively it reads the system's trust roots from files, so keep it: clones
/// are cheap.
///
/// # Errors
///
/// Returns an error if the mode requires TLS and the system's trust roots cannot be
/// read.
pub fn connector(mode: SslMode) -> Result<Connector> {
    with_tls(Connector::new(crate::Net::default()), mode)
}

#[cfg(any(feature = "tls-ring", feature = "tls-rustcrypto"))]
fn with_tls(connector: Connector, mode: SslMode) -> Result<Connector> {
    if mode == SslMode::Disable {
        return Ok(connector);
    }
    match crate::tls::client_config() {
        Ok(config) => Ok(connector.with_tls(config)),
        // These verify nothing.
        Err(_) if matches!(mode, SslMode::Allow | SslMode::Prefer) => Ok(connector),
        Err(error) => Err(error.into()),
    }
}

#[cfg(not(any(feature = "tls-ring", feature = "tls-rustcrypto")))]
#[expect(clippy::unnecessary_wraps, reason = "with TLS it may fail")]
fn with_tls(connector: Connector, _: SslMode) -> Result<Connector> {
    Ok(connector)
}
