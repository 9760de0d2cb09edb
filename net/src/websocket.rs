//! WebSocket (RFC 6455), on tungstenite as published.
//!
//! ```no_run
//! # async fn example() -> net::Result<()> {
//! let mut socket = net::websocket::connect("ws://localhost:3000/chat").await?;
//! socket.send("hello").await?;
//! while let Some(message) = socket.recv().await? {
//!     println!("{:?}", message.as_text());
//! }
//! # Ok(())
//! # }
//! ```
//!
//! A server upgrades requests of [`http`](crate::http), here with axum:
//!
//! ```no_run
//! use axum::response::Response;
//! use axum::{Router, routing::any};
//! use net::websocket::WebSocketUpgrade;
//!
//! async fn echo(upgrade: WebSocketUpgrade) -> Response {
//!     upgrade.on_upgrade(|mut socket| async move {
//!         while let Ok(Some(message)) = socket.recv().await {
//!             let _ = socket.send(message).await;
//!         }
//!     })
//! }
//!
//! # #[cfg(feature = "http")]
//! # async fn example() -> net::Result<()> {
//! let listener = net::listen("tcp", "127.0.0.1:3000").await?;
//! net::http::serve(listener, Router::new().route("/chat", any(echo))).await;
//! # Ok(())
//! # }
//! ```
//!
//! `wss://` needs the feature `tls-ring` or `tls-rustcrypto`.

pub use net_websocket::{
    CloseCode, CloseFrame, Error, Message, Reason, Rejection, Result, Text, Upgrading, WebSocket,
    WebSocketReceiver, WebSocketSender, WebSocketUpgrade,
};

/// A client over the network of the target; [`ClientOver`] takes any dialer.
pub type Client = ClientOver<crate::Net>;

/// A client over any dialer, created by `with_dialer`.
pub type ClientOver<D> = net_websocket::Client<D>;

/// Connects to a WebSocket server, at `ws://host:port/path` or `wss://…`.
///
/// For `wss://` it uses the trust roots of the target. Natively it reads them from
/// files each time: for many connections, keep a [`Client`].
///
/// # Errors
///
/// See [`connect`](net_websocket::Client::connect) of `Client`.
pub async fn connect(url: &str) -> Result<WebSocket> {
    let client = Client::new();
    #[cfg(any(feature = "tls-ring", feature = "tls-rustcrypto"))]
    let client = match url.get(..4) {
        Some(scheme) if scheme.eq_ignore_ascii_case("wss:") => {
            client.with_tls(crate::tls::client_config()?)
        }
        _ => client,
    };
    client.connect(url).await
}
