//! Asking DNS servers, without blocking the program.
//!
//! On `wasm32-wasip1` names are looked up like this unless the feature
//! `getaddrinfo` is on; natively the system's resolver is asked, and this one
//! by choice:
//!
//! ```
//! # async fn example() -> net::Result<()> {
//! let net = net::Net::default().with_resolver(net::dns::resolver());
//! let stream = net.dial("tcp", "example.com:80").await?;
//!
//! for server in net::dns::resolver().lookup_mx("example.com").await? {
//!     println!("{} {}", server.preference, server.host);
//! }
//! # Ok(())
//! # }
//! ```
//!
#![doc = include_str!("../docs/resolution.md")]

use crate::backend::{self, Backend};

pub use net_resolver::{Mx, Srv};

/// A resolver that asks DNS servers over the sockets of the target.
pub type Dns = net_resolver::Dns<Backend>;

/// Configures a [`Dns`] resolver.
pub type Builder = net_resolver::Builder<Backend>;

/// Returns the program's one resolver that asks the servers of its environment:
/// those that the variable `DNS_SERVER` names, or else those of
/// `/etc/resolv.conf`. All its users share one cache.
///
/// On net-run, whose rules may be about names, the host is asked unless a server is
/// named.
#[must_use]
pub fn resolver() -> Dns {
    backend::dns()
}

/// Configures another resolver, which shares nothing with the program's.
///
/// ```
/// # async fn example() -> net::Result<()> {
/// use std::time::Duration;
///
/// let dns = net::dns::builder()
///     .server(([9, 9, 9, 9], 53).into())
///     .timeout(Duration::from_secs(2))
///     .build();
/// let texts = dns.lookup_txt("example.com").await?;
/// # Ok(())
/// # }
/// ```
pub fn builder() -> Builder {
    Dns::builder(Backend::default())
}
