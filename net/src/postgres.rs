//! PostgreSQL on the target's network: tokio-postgres as it is published, with
//! libpq's connection strings and a pool.
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
//! With the feature `tls-ring` or `tls-rustcrypto`, connections are encrypted as
//! `sslmode` says, with the target's roots.

pub use net_postgres::{
    CancelToken, ChannelBinding, Client, Config, Connector, CopyInSink, CopyOutStream, Error,
    GenericClient, Host, IsolationLevel, LoadBalanceHosts, Notifications, NotificationsError, Pool,
    PoolBuilder, Pooled, Recycling, Result, Row, RowStream, SimpleQueryMessage, SslMode, Statement,
    TargetSessionAttrs, Transaction, postgres, types,
};

/// Connects to the database of a connection string, or of a [`Config`].
///
/// # Errors
///
/// If the text is none, or what each of its servers said.
pub async fn connect<C>(config: C) -> Result<Client>
where
    C: TryInto<Config>,
    Error: From<C::Error>,
{
    let config: Config = config.try_into()?;
    connector(config.ssl_mode())?.connect(&config).await
}

/// A pool of ten sessions at most with the database of a connection string, or
/// of a [`Config`]. None is opened yet.
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
/// If the text is no connection string, or TLS has no roots.
pub fn pool<C>(config: C) -> Result<Pool>
where
    C: TryInto<Config>,
    Error: From<C::Error>,
{
    let config: Config = config.try_into()?;
    Ok(Pool::new(connector(config.ssl_mode())?, config))
}

/// Connections over the target's network, and with TLS as far as the features
/// of this crate allow. Natively it reads the system's roots from files, so keep
/// it: clones are cheap.
///
/// # Errors
///
/// If the mode needs roots, and the system has none.
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
