//! A memcached client for one server or several.
//!
//! ```no_run
//! # async fn example() -> net::memcache::Result<()> {
//! use std::time::Duration;
//!
//! let cache = net::memcache::connect("127.0.0.1:11211").await?;
//! cache.set("greeting", "hello", Duration::from_secs(60)).await?;
//! if let Some(item) = cache.get("greeting").await? {
//!     assert_eq!(item.value, "hello");
//! }
//! # Ok(())
//! # }
//! ```
//!
//! For TLS, pass a `net::tls::TlsDialer` to [`Client::builder`], which takes any
//! dialer.

use crate::Net;

pub use net_memcache::{
    Builder, Cas, Client, Error, ErrorKind, Expiry, Item, Result, Value, WhenDown,
};

/// Connects to one server: `host:port`, `host` for port 11211, or the path of a
/// Unix socket.
///
/// # Errors
///
/// Returns an error if the server cannot be reached, or does not support memcached's
/// meta commands.
pub async fn connect(server: &str) -> Result<Client> {
    Client::connect(Net::default(), server).await
}

/// Configures a client of several servers, or one with other settings.
///
/// ```
/// # fn example() -> net::memcache::Result<()> {
/// let cache = net::memcache::builder()
///     .with_servers(["10.0.0.7:11211", "10.0.0.8:11211"])
///     .build()?;
/// # Ok(())
/// # }
/// ```
#[must_use]
pub fn builder() -> Builder {
    Client::builder(Net::default())
}

// The examples of the page compile.
#[cfg(doctest)]
#[doc = include_str!("../../docs/memcache.md")]
struct Page;
