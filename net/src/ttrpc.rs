//! ttrpc, containerd's RPC protocol: clients and servers over any dialer and listener,
//! with code that `net-ttrpc-build` generates from proto files.
//!
//! ```no_run
//! # async fn example() -> net::Result<()> {
//! let client = net::ttrpc::connect("unix", "/run/example.sock").await?;
//! let name = "World".to_owned();
//! let greeting: String = client.unary("example.Greeter", "Hello", name).await?;
//! # Ok(())
//! # }
//! ```
//!
//! `docs/ttrpc.md` describes how to generate code, and everything else.

#[doc(inline)]
pub use net_ttrpc::{
    Client, ClientStreaming, Code, Handling, IncomingCall, Metadata, Replies, Request, ServeError,
    Server, Service, Status, StreamSender, Streaming,
};
// For generated code.
pub use net_ttrpc::{prost, prost_types};

use crate::{Net, Result};

/// Connects to a server over the network of the target; see [`Client::connect`].
///
/// # Errors
///
/// Returns the errors of [`dial`](crate::dial).
pub async fn connect(network: &str, address: &str) -> Result<Client> {
    Client::connect(&Net::default(), network, address).await
}

// The examples of the page compile.
#[cfg(doctest)]
#[doc = include_str!("../../docs/ttrpc.md")]
struct Page;
