//! A Redis client over any [`Dialer`](net_traits::Dialer), natively and in WebAssembly, built on
//! the published crate `redis`.
//!
//! Commands, arguments, values and the parser are those of the crate [`redis`](mod@redis), so
//! existing code that builds or reads them carries over. The connections are this crate's own: one
//! that many tasks share ([`Connection`]), one for blocking commands and transactions
//! ([`Dedicated`]), and one for Pub/Sub ([`Subscriber`]). A [`Client`] can find its server through
//! Sentinel, and a [`ClusterClient`] connects to the nodes of a cluster.
//!
//! ```no_run
//! use net_redis::{Client, Cmd};
//!
//! # async fn example() -> net_redis::Result<()> {
//! let client = Client::new(net::Net::default(), "redis://127.0.0.1/")?;
//! let redis = client.connect().await?;
//! redis.exec(&Cmd::set("greeting", "hello")).await?;
//! let greeting: String = redis.query(&Cmd::get("greeting")).await?;
//! # Ok(())
//! # }
//! ```
//!
//! Types of the crate `redis` are part of this interface.
//!
//! # Features
//!
//! - `tls`: `rediss://`, through the crate `net-tls`.

mod address;
mod backoff;
mod batch;
mod client;
mod cluster;
mod cluster_client;
mod connection;
mod decoder;
mod dedicated;
mod defaults;
mod driver;
mod error;
mod login;
mod multi_slot;
mod nodes;
mod open;
mod opener;
mod queue;
mod redirect;
mod refused;
mod request;
mod route;
mod scan;
mod scanner;
mod sentinel;
mod settings;
mod slots;
mod subscriber;
mod subscription;
mod timeout;
mod url;
mod wire;

pub use client::Client;
pub use cluster::ClusterConnection;
pub use cluster_client::ClusterClient;
pub use connection::{Connection, Pushes};
pub use dedicated::Dedicated;
#[doc(hidden)]
pub use defaults::Defaults;
pub use error::{Error, ErrorKind, Result};
pub use redis;
pub use redis::{
    Cmd, FromRedisValue, Msg, Pipeline, PushInfo, PushKind, RedisError, Script, ToRedisArgs, Value,
    cmd, pipe,
};
pub use request::Request;
pub use scan::Scan;
pub use subscriber::Subscriber;
