//! ttrpc over any [`Dialer`](net_traits::Dialer) and [`Listener`](net_traits::Listener),
//! natively and in WebAssembly: the remote procedure calls of containerd and its
//! shims.
//!
//! Methods and messages are defined in proto files, as for gRPC.
//! `net-ttrpc-build` generates clients and servers in a build script. A [`Client`]
//! makes calls, and a [`Server`] serves them.
//!
//! ```
//! use net_ttrpc::{Client, Handling, IncomingCall, Request, Server, Service, Status};
//!
//! struct Greeter;
//!
//! impl Service for Greeter {
//!     fn name(&self) -> &'static str {
//!         "example.Greeter"
//!     }
//!
//!     fn handle(&self, call: IncomingCall) -> Handling {
//!         match call.method() {
//!             "Hello" => call.unary(|name: Request<String>| async move {
//!                 Ok::<_, Status>(format!("Hello, {}!", name.into_inner()))
//!             }),
//!             _ => call.unimplemented(),
//!         }
//!     }
//! }
//!
//! # async fn example() -> net::Result<()> {
//! use net::prelude::*;
//!
//! let net = net::Net::default();
//! let listener = net.listen("tcp", "127.0.0.1:0").await?;
//! let address = listener.local_addr()?.to_string();
//! net::spawn(async move { Server::new().with_service(Greeter).serve(listener).await });
//!
//! let client = Client::connect(&net, "tcp", &address).await?;
//! let name = "World".to_owned();
//! let greeting: String = client.unary("example.Greeter", "Hello", name).await?;
//! assert_eq!(greeting, "Hello, World!");
//! # Ok(())
//! # }
//! # net::block_on(example()).unwrap();
//! ```
//!
//! The protocol is version 1.2 of containerd's `PROTOCOL.md`. The public API
//! contains types of the crates `prost`, `prost-types` and `futures-core`.

mod calls;
mod client;
mod connection;
mod deadline;
mod envelope;
mod frame;
mod inbox;
mod metadata;
mod receive_buffer;
mod request;
mod sending;
mod server;
mod service;
mod status;
mod streaming;

pub use client::Client;
pub use metadata::Metadata;
pub use request::Request;
pub use sending::{ClientStreaming, Replies, StreamSender};
pub use server::{ServeError, Server};
pub use service::{Handling, IncomingCall, Service};
pub use status::{Code, Status};
pub use streaming::Streaming;

/// Messages, for generated code.
pub use prost;
/// The well-known types, for generated code.
pub use prost_types;
