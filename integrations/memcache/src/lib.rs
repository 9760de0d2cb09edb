//! A memcached client over any [`Dialer`](net_traits::Dialer), natively and in
//! WebAssembly.
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
//! A [`Client`] is cheap to clone. All clones share one connection to each
//! server, or as many as [`Builder::with_connections`] says; requests of many
//! tasks go out together, and none waits for the answer to another.
//!
//! It speaks memcached's meta commands (`mg`, `ms`, `md`, `ma`, `mn`), which
//! memcached has since 1.6: their answers repeat a number of the request, so
//! that an answer is known to be the right one, and a fetch of many keys is
//! answered for those that are there alone. `flush_all`, `version` and `stats`
//! have no meta form and are sent as text.
//!
//! TLS is a dialer around another, such as `net_tls::TlsDialer`, and a Unix
//! socket is an address with a slash.
//!
//! [`Bytes`](bytes::Bytes) of the crate `bytes` is part of this interface.

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
mod pending;
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
