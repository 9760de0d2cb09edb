//! HTTP over any [`Listener`](net_traits::Listener), natively and in WebAssembly,
//! on hyper as it is published.
//!
//! [`serve`] serves a tower service, such as axum's `Router`, with HTTP/1 and
//! HTTP/2 on one port. [`Server`] says how: limits, timeouts, a graceful end.
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
//! Types of the crates `http`, `http-body` and `tower-service` are part of this
//! interface: they are what HTTP libraries agree on.

mod accepted;
mod body;
mod connection;
mod serve_error;
mod server;

pub use body::Body;
pub use connection::PeerAddr;
pub use serve_error::ServeError;
pub use server::{Server, serve};

/// An error of any type, as services have it.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;
