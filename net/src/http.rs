//! HTTP over any listener, on hyper as it is published.
//!
//! ```
//! use axum::{Router, routing::get};
//!
//! # async fn example() -> net::Result<()> {
//! let listener = net::listen("tcp", "127.0.0.1:0").await?;
//! let app = Router::new().route("/", get(|| async { "Hello, World!" }));
//! # let example = std::time::Duration::from_millis(10);
//! # let _ = net::time::timeout(example, async {
//! net::http::serve(listener, app).await;
//! # }).await;
//! # Ok(())
//! # }
//! # net::block_on(example()).unwrap();
//! ```

pub use net_http::{Body, BoxError, PeerAddr, ServeError, Server, serve};
