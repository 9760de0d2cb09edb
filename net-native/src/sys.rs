//! What differs between systems. This is the only place where this crate looks at
//! its target.
//!
//! Each file supplies the same names:
//!
//! - `UnixStream`, `UnixListener`, `UnixDatagram`, `OwnedReadHalf`,
//!   `OwnedWriteHalf`: tokio's types, or ones without a value;
//! - `connect`, `listen`, `datagram`, `try_send_to`: Unix sockets;
//! - `sock_ref`, `listener_ref`, `datagram_ref`, `endpoint`: what they tell;
//! - `descriptor`: the number of a socket;
//! - `keepalive_times`: those of a socket;
//! - `zone_index`: from the name of a network interface;
//! - `inherited`: the sockets that were opened for the program;
//! - `EndRequests`: the requests that the program end.

cfg_if::cfg_if! {
    if #[cfg(unix)] {
        mod inherited;
        #[path = "sys/unix.rs"]
        mod selected;
    } else {
        #[path = "sys/other.rs"]
        mod selected;
    }
}

pub(crate) use selected::*;
