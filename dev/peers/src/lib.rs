//! Programs of others that tests talk to: curl, nginx, databases.
//!
//! A guest cannot start a process. `cargo xtask test` therefore starts programs
//! for tests, natively and in guests alike, and says by the variable
//! `NET_TEST_PEERS` where it can be asked to. Without that variable a test gets
//! `None`, after a line that says so, and ends early.
//!
//! ```no_run
//! # #[cfg(feature = "client")]
//! # async fn example() {
//! let url = "http://127.0.0.1:3000/";
//! let Some(curl) = net_peers::run("curl", &["--silent", url]).await else {
//!     return;
//! };
//! assert_eq!((curl.status, &*curl.stdout), (0, "Hello, World!"));
//!
//! let Some(cache) = net_peers::start("memcached").await else {
//!     return;
//! };
//! let mut stream = net::dial("tcp", cache.address("tcp")).await.unwrap();
//! # }
//! ```
//!
//! Programs run in the workspace's root folder. A test that is dropped or ends
//! takes with it what it has started, since each program belongs to a connection.

#[cfg(feature = "client")]
mod client;
pub mod protocol;

#[cfg(feature = "client")]
pub use client::{Server, run, run_with_input, start};
pub use protocol::Ran;
