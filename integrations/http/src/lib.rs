//! HTTP over any [`Dialer`](net_traits::Dialer) and
//! [`Listener`](net_traits::Listener), natively and in WebAssembly, on
//! unmodified hyper.
//!
//! [`serve`] serves a tower service, such as axum's `Router`, with HTTP/1 and
//! HTTP/2 on one port. [`Server`] configures limits, timeouts and graceful
//! shutdown.
//!
//! ```
//! use axum::{Router, routing::get};
//!
//! # async fn example() -> net::Result<()> {
//! let listener = net::listen("tcp", "127.0.0.1:0").await?;
//! let app = Router::new().route("/", get(|| async { "Hello, World!" }));
//! # let stop = std::future::ready(());
//! net_http::Server::new().serve_until(listener, app, stop).await?;
//! # Ok(())
//! # }
//! # net::block_on(example()).unwrap();
//! ```
//!
//! [`Client`] sends requests and pools its connections. [`HttpProxy`] and
//! [`Socks5`] are dialers that connect through a proxy.
//!
//! The public API contains types of the crates `http`, `http-body` and
//! `tower-service`, which HTTP libraries have in common.
//!
//! # Features
//!
//! - `client` (default): [`Client`], and dialers for proxies.
//! - `server` (default): [`Server`].
//! - `tls`: `https` URLs in the client, through the crate `net-tls`.

#[cfg(feature = "server")]
mod accepted;
mod body;
#[cfg(feature = "client")]
mod client;
#[cfg(feature = "server")]
mod connection;
#[cfg(feature = "client")]
mod credentials;
mod origin;
#[cfg(feature = "client")]
mod proxy;
mod reader_body;
#[cfg(feature = "server")]
mod serve_error;
#[cfg(feature = "server")]
mod server;

pub use body::Body;
#[cfg(feature = "client")]
#[doc(hidden)]
pub use client::Defaults;
#[cfg(feature = "client")]
pub use client::{Client, RequestBuilder, RequestError, Response, Upgraded};
#[cfg(feature = "server")]
pub use connection::PeerAddr;
pub use origin::{InvalidUrl, Origin, redacted};
#[cfg(feature = "client")]
pub use proxy::{HttpProxy, Proxies, Socks5};
#[cfg(feature = "server")]
pub use serve_error::ServeError;
#[cfg(feature = "server")]
pub use server::{Server, serve};

/// The boxed error type of services and bodies.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;
