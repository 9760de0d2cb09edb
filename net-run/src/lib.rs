//! A host for `wasm32-wasip1` programs that use sockets. It denies the network
//! unless told otherwise.
//!
//! The program `net-run` is this library behind a command line; its flags are
//! in `net-run --help`. To embed it, compile a module and run it:
//!
//! ```no_run
//! use net_run::{Compiler, Exit, Guest, Input, Output, Policy};
//!
//! let program = Compiler::new()?.load("server.wasm")?;
//! let exit = Guest::new(&program)
//!     .arg("server")
//!     .stdout(Output::inherit())
//!     .policy(Policy::deny_all().allow_listen("127.0.0.1:8080".parse().unwrap()))
//!     .on_notice(|notice| eprintln!("{notice}"))
//!     .run()?;
//! assert!(matches!(exit, Exit::Code(0)));
//! # Ok::<(), net_run::Error>(())
//! ```
//!
//! - [`Guest`] is one run: arguments, folders, streams, [`Policy`], [`Limits`].
//! - [`network`] has the traits of what is under the guest's sockets, so that a
//!   test can disturb or replace it.
//! - [`abi`] is the reference of the socket calls that guests import.
//!
//! Files, clocks and the rest of WASI preview 1 are `wasmtime-wasi`'s. Sockets
//! are not: that crate's own have another interface, and its preview 1 has no
//! place for any. The host waits with epoll, so it runs on Linux, 5.11 or later.

#![forbid(unsafe_code)]

#[cfg(not(target_os = "linux"))]
compile_error!("net-run runs on Linux only so far: it waits with epoll");

#[doc = include_str!("../ABI.md")]
#[allow(
    clippy::doc_markdown,
    reason = "in tables of names, marks would be noise"
)]
pub mod abi {}
mod address;
mod address_info;
mod descriptors;
mod errno;
mod error;
mod failure;
mod guest;
mod guest_call;
mod guest_memory;
mod imports;
mod limits;
pub mod network;
mod notices;
mod policy;
mod poll_oneoff;
mod poll_trace;
mod poller;
mod preview1;
mod process;
mod program;
mod socket_address;
mod socket_calls;
mod socket_options;
mod stdio;
mod stop;
mod trace;
mod wait;
mod watchdog;

pub use address::{Address, UnixAddress};
pub use errno::Errno;
pub use error::Error;
pub use guest::{Access, Exit, Guest, Running};
pub use limits::Limits;
pub use notices::Notice;
pub use policy::{
    Denial, ListenRule, NameRule, NetRule, Operation, Policy, PolicyError, RuleError, UnixRule,
};
pub use program::{Compiler, Program};
pub use stdio::{Captured, Input, Output};
pub use stop::{Stop, StopHandle};
