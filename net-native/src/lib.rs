//! A backend of `net`: [`tokio::net`], for Linux, macOS and Windows.
//!
//! Programs do not name this crate: `net` selects it on native targets.
//!
//! ```text
//! backend ─ connect, listen, packet, lookup      what net-dial calls
//! stream, listener, packet                       the types that users hold
//! interop                                        to and from std and tokio
//! readiness                                      waiting with several tasks
//! linger, socket_file                            what a close does
//! lookup                                         the C library's resolver
//! inherited                                      socket activation
//! names, options, control                        socket names, options, the hook
//! sys                                            what differs between systems
//! shutdown                                       SIGTERM, Ctrl-C
//! alarm                                          real time, for tests that hang
//! runtime                                        tokio's, with one thread or many
//! ```

mod alarm;
mod backend;
mod control;
mod inherited;
mod interop;
mod linger;
mod listener;
mod lookup;
mod names;
mod options;
mod packet;
mod peer_cred;
mod readiness;
mod runtime;
mod shutdown;
mod sleep;
mod socket_file;
mod stream;
mod sys;

pub use alarm::Alarm;
pub use backend::Native;
pub use listener::Listener;
pub use packet::PacketConn;
pub use peer_cred::PeerCred;
pub use runtime::{Threads, block_on};
pub use shutdown::shutdown;
pub use sleep::Sleep;
pub use stream::{ReadHalf, Stream, WriteHalf};
