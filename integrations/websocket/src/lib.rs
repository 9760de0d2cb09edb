//! WebSocket (RFC 6455) over any [`Dialer`](net_traits::Dialer), and by upgrade
//! from any HTTP server that is based on hyper, natively and in WebAssembly, on
//! unmodified tokio-tungstenite.
//!
//! [`connect`] opens a [`WebSocket`]; [`Client`] configures it. On the server's
//! side, [`WebSocketUpgrade`] turns a request into one.
//!
//! ```
//! use axum::response::Response;
//! use axum::{Router, routing::any};
//! use net::prelude::*;
//! use net_websocket::WebSocketUpgrade;
//!
//! async fn echo(upgrade: WebSocketUpgrade) -> Response {
//!     upgrade.on_upgrade(|mut socket| async move {
//!         while let Ok(Some(message)) = socket.recv().await {
//!             let _ = socket.send(message).await;
//!         }
//!     })
//! }
//!
//! # async fn example() -> net::Result<()> {
//! let listener = net::listen("tcp", "127.0.0.1:0").await?;
//! let url = format!("ws://{}/", listener.local_addr()?);
//! net::spawn(net::http::serve(listener, Router::new().route("/", any(echo))));
//!
//! let mut socket = net_websocket::connect(&net::Net::default(), &url).await?;
//! socket.send("hello").await?;
//! assert_eq!(socket.recv().await?, Some("hello".into()));
//! # Ok(())
//! # }
//! # net::block_on(example()).unwrap();
//! ```
//!
//! By default, messages are limited, pings and close frames are answered, and
//! peers that are gone are detected. Extensions, such as compression, and
//! WebSocket over HTTP/2 (RFC 8441) are not supported.
//!
//! # Features
//!
//! - `axum`: [`WebSocketUpgrade`] is an extractor of axum.
//! - `tls`: clients for `wss://`, by [`Client::with_tls`].

#[cfg(feature = "axum")]
mod axum;
mod client;
mod close;
mod connection;
mod error;
mod keep_alive;
mod message;
mod rejection;
mod settings;
mod socket;
mod split;
mod transport;
mod upgrade;
mod url;

pub use client::{Client, connect};
pub use close::{CloseCode, CloseFrame};
pub use error::{Error, Reason, Result};
pub use message::{Message, Text};
pub use rejection::Rejection;
pub use socket::WebSocket;
pub use split::{WebSocketReceiver, WebSocketSender};
pub use upgrade::{Upgrading, WebSocketUpgrade};
