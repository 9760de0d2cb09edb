//! A backend of `net`: [`tokio::net`], for Linux, macOS and Windows.
//!
//! Programs do not name this crate: `net` selects it on native targets.
//!
//! ```text
//! backend ─ connect, listen, packet, lookup      what net-dial calls
//! stream, listener, packet                       the types that users hold
//! names, options, control                        socket names, options, the hook
//! inherited                                      listeners of systemd's
//! alarm                                          real time, for tests that hang
//! unix, no_unix                                  Unix sockets, where the system has them
//! runtime                                        tokio's, with one thread or many
//! ```

mod alarm;
mod backend;
mod control;
mod listener;
mod names;
mod options;
mod packet;
mod runtime;
mod sleep;
mod stream;

// The only place where this crate looks at its target.
cfg_if::cfg_if! {
    if #[cfg(unix)] {
        mod inherited;
        mod unix;
    } else {
        #[path = "no_unix.rs"]
        mod unix;
    }
}

pub use alarm::Alarm;
pub use backend::Native;
pub use listener::Listener;
pub use packet::PacketConn;
pub use runtime::{Threads, block_on};
pub use sleep::Sleep;
pub use stream::{ReadHalf, Stream, WriteHalf};
