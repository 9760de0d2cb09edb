//! A host for `wasm32-wasip1` programs that use sockets, which denies the
//! network unless told otherwise.

#![forbid(unsafe_code)]

#[cfg(not(target_os = "linux"))]
compile_error!("net-run runs on Linux only so far: it waits with epoll");

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
