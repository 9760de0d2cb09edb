//! gRPC over any [`Dialer`](net_traits::Dialer) and
//! [`Listener`](net_traits::Listener), natively and in WebAssembly, for tonic's
//! generated code, on unmodified tonic and hyper.
//!
//! Generated clients take a [`Channel`], and a [`Server`] serves generated
//! services:
//!
//! ```
//! use greeter::GreetRequest;
//! use greeter::greeter_client::GreeterClient;
//! use net::Net;
//! use net_grpc::Channel;
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let channel = Channel::<Net>::connect("http://[::1]:50051").await?;
//! let mut client = GreeterClient::new(channel);
//! let request = GreetRequest { name: "Ann".to_owned() };
//! println!("{}", client.greet(request).await?.into_inner().text);
//! # Ok(())
//! # }
//! ```
//!
//! The public API contains types of the crates `http`, `tonic` and
//! `tower-service`, which generated code uses.
//!
//! # Features
//!
//! - `gzip`: compressed messages, for clients and services that enable them by
//!   `send_compressed` and `accept_compressed`.
//! - `tls`: channels for `https`, by [`Builder::with_tls`](Builder#method.with_tls).

// Compiles the examples of the page.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/grpc.md")]
struct Page;

mod attempts;
mod backoff;
mod builder;
mod channel;
mod connect;
mod deadline;
mod pool;
mod server;
mod status;
mod target;
mod tls;

pub use backoff::Backoff;
pub use builder::Builder;
pub use channel::{Channel, WaitForReady};
pub use net_http::PeerAddr;
pub use server::Server;

use net_http::BoxError;
