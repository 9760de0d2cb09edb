//! A DNS resolver, which does not block the program.
//!
//! On `wasm32-wasip1`, networks use it by default, unless the feature `getaddrinfo`
//! is on. Natively they use the system's resolver by default, and this one on
//! request:
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

/// A resolver that queries DNS servers over the sockets of the target.
pub type Dns = net_resolver::Dns<Backend>;

/// Configures a [`Dns`] resolver.
pub type Builder = net_resolver::Builder<Backend>;

/// Returns the program's shared resolver. It queries the servers in the environment
/// variable `DNS_SERVER`, or else those of `/etc/resolv.conf`. All users of it share
/// one cache.
///
/// On net-run, if no server is configured, the host resolves names, because net-run's
/// rules can be about names.
#[must_use]
pub fn resolver() -> Dns {
    backend::dns()
}

/// Configures a new resolver, which shares nothing with [`resolver`].
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
