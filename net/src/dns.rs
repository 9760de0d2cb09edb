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
#![doc = include_str!("../../docs/resolution.md")]

use std::sync::LazyLock;

use net_dial::HostResolver;
use net_traits::Backend as _;

use crate::backend::Backend;

pub use net_resolver::{Mx, Srv};

/// A resolver that asks DNS servers over the sockets of the target.
pub type Dns = net_resolver::Dns<Backend>;

/// Says how a [`Dns`] resolver asks.
pub type Builder = net_resolver::Builder<Backend>;

/// The one resolver of the program that asks the servers of its environment:
/// those that the variable `DNS_SERVER` names, or else those of
/// `/etc/resolv.conf`. What it has been answered, it remembers for all.
///
/// On net-run, whose rules may be about names, the host is asked where no
/// server is named.
#[must_use]
pub fn resolver() -> Dns {
    static SHARED: LazyLock<Dns> = LazyLock::new(|| {
        let backend = Backend::default();
        let builder = Dns::builder(backend);
        match backend.host() {
            "net-run" => builder.fallback(HostResolver::new(backend)).build(),
            _ => builder.build(),
        }
    });
    SHARED.clone()
}

/// Says how another resolver asks, which shares nothing with the program's.
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
