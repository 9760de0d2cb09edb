//! ttrpc, the remote procedure calls of containerd: clients and servers over any
//! dialer and listener, with code that `net-ttrpc-build` generates from proto files.
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
//! `docs/ttrpc.md` tells how code is generated, and what else there is to know.

#[doc(inline)]
pub use net_ttrpc::{
    Client, ClientStreaming, Code, Handling, IncomingCall, Metadata, Replies, Request, ServeError,
    Server, Service, Status, StreamSender, Streaming,
};
// For generated code.
pub use net_ttrpc::{prost, prost_types};

use crate::{Net, Result};

/// Connects to a server by the target's network; see [`Client::connect`].
///
/// # Errors
///
/// That of [`dial`](crate::dial).
pub async fn connect(network: &str, address: &str) -> Result<Client> {
    Client::connect(&Net::default(), network, address).await
}

// The examples of the page compile.
#[cfg(doctest)]
#[doc = include_str!("../../docs/ttrpc.md")]
struct Page;
