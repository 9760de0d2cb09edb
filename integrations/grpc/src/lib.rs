//! gRPC over any [`Dialer`](net_traits::Dialer) and
//! [`Listener`](net_traits::Listener), natively and in WebAssembly: tonic's
//! generated code, on hyper, as they are published.
//!
//! A [`Channel`] is what generated clients take, a [`Server`] serves generated
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
//! Types of the crates `http`, `tonic` and `tower-service` are part of this
//! interface: they are what generated code is made of.
//!
//! # Features
//!
//! - `gzip`: compressed messages, where a client or a service asks for them by
//!   `send_compressed` and `accept_compressed`.
//! - `tls`: channels for `https`, by [`Builder::with_tls`](Builder#method.with_tls).

// The examples of the page compile.
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
