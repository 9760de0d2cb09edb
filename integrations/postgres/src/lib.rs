//! A PostgreSQL client over any [`Dialer`](net_traits::Dialer): the published tokio-postgres, with
//! what libpq adds around a connection.
//!
//! ```no_run
//! # async fn example() -> Result<(), net_postgres::Error> {
//! use net_postgres::{Config, Connector};
//!
//! let config: Config = "postgres://app@localhost/todo".parse()?;
//! let client = Connector::new(net::Net::default()).connect(&config).await?;
//! let row = client.query_one("SELECT $1::text", &[&"hello"]).await?;
//! assert_eq!(row.get::<_, &str>(0), "hello");
//! # Ok(())
//! # }
//! ```
//!
//! [`Client`] dereferences to tokio-postgres' own client, so it has all of its methods. This crate
//! adds [`Config`], which parses libpq's connection strings; [`Connector`], which tries several
//! hosts and negotiates TLS; [`Pool`]; [`CancelToken`]; and [`Notifications`].
//!
//! Types of tokio-postgres are part of this interface. The most common ones are re-exported here;
//! [`postgres`] has all of them.
//!
//! # Columns as types of other crates
//!
//! The features `with-chrono-0_4`, `with-uuid-1` and so on are those of tokio-postgres.

mod answers;
mod cancel;
mod client;
mod config;
mod connect;
mod connection_string;
mod copy_statement;
mod copy_sync;
mod encryption;
mod error;
mod guarded;
mod host;
mod negotiation;
mod notifications;
mod pool;
mod requests;
mod session;
mod transport;

pub use cancel::CancelToken;
pub use client::Client;
pub use config::{ChannelBinding, Config, LoadBalanceHosts, SslMode, TargetSessionAttrs};
pub use connect::Connector;
pub use error::{Error, Result};
pub use host::Host;
pub use notifications::{Notifications, NotificationsError};
pub use pool::{Pool, PoolBuilder, Pooled, Recycling};
pub use tokio_postgres as postgres;
pub use tokio_postgres::{
    CopyInSink, CopyOutStream, GenericClient, IsolationLevel, Row, RowStream, SimpleQueryMessage,
    Statement, Transaction, types,
};
