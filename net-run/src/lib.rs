//! A host for `wasm32-wasip1` programs that use sockets. It denies the network
//! by default.
//!
//! The program `net-run` is a command line for this library; `net-run --help`
//! lists its flags. To embed the library, compile a module and run it:
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
//! - [`Guest`] configures one run: arguments, directories, streams, [`Policy`],
//!   [`Limits`].
//! - [`network`] has the traits of the network behind the guest's sockets, so
//!   that a test can inject faults or replace it.
//! - [`abi`] is the reference of the socket calls that guests import.
//!
//! Files, clocks and the rest of WASI preview 1 are implemented by
//! `wasmtime-wasi`, and sockets by this crate, since WASI preview 1 cannot open
//! any. The host waits with epoll, so it requires Linux 5.11 or later.

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
mod calls;
mod clock;
mod errno;
mod error;
mod guest;
mod limits;
pub mod network;
mod notices;
mod policy;
mod process;
mod program;
mod stop;
mod watchdog;

pub use address::{Address, UnixAddress};
pub use errno::Errno;
pub use error::Error;
pub use guest::{Exit, Guest, Running};
pub use limits::Limits;
pub use notices::Notice;
pub use policy::{
    Denial, ListenRule, NameRule, NetRule, Operation, Policy, PolicyError, RuleError, UnixRule,
};
pub use process::files::Access;
pub use process::stdio::{Captured, Input, Output};
pub use program::{Compiler, Program};
pub use stop::{Stop, StopHandle};
