//! A memcached client over any [`Dialer`](net_traits::Dialer), natively and in WebAssembly.
//!
//! ```no_run
//! # async fn example() -> net_memcache::Result<()> {
//! use std::time::Duration;
//! use net_memcache::{Client, Expiry};
//!
//! let cache = Client::connect(net::Net::default(), "127.0.0.1:11211").await?;
//! cache.set("greeting", "hello", Duration::from_secs(60)).await?;
//! if let Some(item) = cache.get("greeting").await? {
//!     assert_eq!(item.value, "hello");
//! }
//! let visits = cache.incr_or_init("visits", 1, 1, Expiry::Never).await?;
//! # Ok(())
//! # }
//! ```
//!
//! A [`Client`] is cheap to clone. All clones share one connection to each server, or the number
//! set by [`Builder::with_connections`]. Requests of concurrent tasks are pipelined, so that no
//! task waits for the reply to another's.
//!
//! It uses memcached's meta commands (`mg`, `ms`, `md`, `ma`, `mn`), which memcached supports
//! since 1.6: their replies echo a number of the request, so that each reply is known to belong to
//! its request, and only hits of a fetch of many keys are sent back. `flush_all`, `version` and
//! `stats` have no meta form and are sent as text.
//!
//! For TLS, wrap the dialer in `net_tls::TlsDialer`. An address that starts with a slash is the
//! path of a Unix socket.
//!
//! [`Bytes`](bytes::Bytes) of the crate `bytes` is part of this interface.

mod address;
mod builder;
mod client;
mod connection;
mod decoder;
mod driver;
mod error;
mod expiry;
mod health;
mod item;
mod key;
mod lock;
mod pending;
mod queue;
mod read;
mod request;
mod ring;
mod server;
mod settings;
mod task;
mod watchdog;
mod whole;
mod write;

pub use builder::Builder;
pub use client::Client;
pub use error::{Error, ErrorKind, Result};
pub use expiry::Expiry;
pub use item::{Cas, Item, Value};
pub use settings::WhenDown;
