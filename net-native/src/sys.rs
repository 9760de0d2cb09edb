//! What differs between systems. Apart from this module, only [`interop`](crate::interop)
//! depends on the target.
//!
//! Each platform's file supplies the same names:
//!
//! - `UnixStream`, `UnixListener`, `UnixDatagram`, `OwnedReadHalf`, `OwnedWriteHalf`:
//!   tokio's types, or types without a value;
//! - `unix_stream`, `unix_listener`, `unix_datagram`: these types from a socket;
//! - `Handle`, `handle`: the system's handle of these and of tokio's other sockets;
//! - `socket_name`, `endpoint`: Unix addresses to and from socket names;
//! - `try_send_to`, `poll_peek`, `peer_cred`: operations of Unix sockets;
//! - `FileId`: the identity of a file;
//! - `descriptor`: the number of a socket;
//! - `REUSES_ADDRESSES`: whether a listener reuses addresses by default;
//! - `supports`, `set`, `get`: the options that not every system has;
//! - `join_on`, `leave_on`: multicast groups of IPv4, by an interface's index;
//! - `keepalive_times`: the times of keep-alive;
//! - `bound_unsent`: a limit for sending in the background;
//! - `ignore_unreachable`: for UDP sockets that receive from everyone;
//! - `zone_index`: an interface's index from its name;
//! - `is_no_address`: what the C library's resolver means by a code;
//! - `Activated`, `activated`: sockets that were opened for the program;
//! - `EndRequests`: requests that the program end.

mod raw;

pub(crate) use raw::recv_from;

cfg_if::cfg_if! {
    if #[cfg(unix)] {
        mod activation;
        mod unix;
        mod unix_options;
        pub(crate) use activation::activated;
        pub(crate) use unix::*;
        pub(crate) use unix_options::*;
    } else if #[cfg(windows)] {
        mod windows;
        pub(crate) use windows::*;
    } else {
        compile_error!("net-native is for Unix and Windows");
    }
}
