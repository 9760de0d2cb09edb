//! A backend of `net`: [`tokio::net`], for Linux, macOS and Windows.
//!
//! Programs do not name this crate: `net` selects it on native targets.
//!
//! ```text
//! backend ─ connect, listen, packet, lookup      what net-dial calls
//! stream, listener, packet                       the types that users hold
//! readiness                                      waiting with several tasks
//! names, options, control                        socket names, options, the hook
//! sys                                            what differs between systems
//! shutdown                                       SIGTERM, Ctrl-C
//! alarm                                          real time, for tests that hang
//! runtime                                        tokio's, with one thread or many
//! ```

mod alarm;
mod backend;
mod control;
mod listener;
mod names;
mod options;
mod packet;
mod readiness;
mod runtime;
mod shutdown;
mod sleep;
mod stream;
mod sys;

pub use alarm::Alarm;
pub use backend::Native;
pub use listener::Listener;
pub use packet::PacketConn;
pub use runtime::{Threads, block_on};
pub use shutdown::shutdown;
pub use sleep::Sleep;
pub use stream::{ReadHalf, Stream, WriteHalf};
