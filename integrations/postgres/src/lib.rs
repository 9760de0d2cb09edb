//! PostgreSQL over any [`Dialer`](net_traits::Dialer): tokio-postgres as it is
//! published, with what libpq does around a connection.
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
//! [`Client`] gives all methods of tokio-postgres' own, which it derefs to. Around
//! them are [`Config`], which reads libpq's connection strings; [`Connector`],
//! which tries several hosts and negotiates TLS; [`Pool`]; [`CancelToken`]; and
//! [`Notifications`].
//!
//! Types of tokio-postgres are part of this interface. Those that most programs
//! name are here, too; [`postgres`] has them all.
//!
//! # Columns as types of other crates
//!
//! The features `with-chrono-0_4`, `with-uuid-1` and so on are tokio-postgres' own.

mod answers;
mod cancel;
mod client;
mod config;
mod connect;
mod connection_string;
mod copy_statement;
mod copy_sync;
#[cfg(feature = "tls")]
mod encryption;
#[cfg(feature = "tls")]
mod end_point;
mod error;
mod guarded;
mod notifications;
mod pool;
mod requests;
mod session;
mod transport;

pub use cancel::CancelToken;
pub use client::Client;
pub use config::{ChannelBinding, Config, Host, LoadBalanceHosts, SslMode, TargetSessionAttrs};
pub use connect::Connector;
pub use error::{Error, Result};
pub use notifications::{Notifications, NotificationsError};
pub use pool::{Pool, PoolBuilder, Pooled, Recycling};
pub use tokio_postgres as postgres;
pub use tokio_postgres::{
    CopyInSink, CopyOutStream, GenericClient, IsolationLevel, Row, RowStream, SimpleQueryMessage,
    Statement, Transaction, types,
};
