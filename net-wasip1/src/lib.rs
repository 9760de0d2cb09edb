//! A backend of `net`: the socket extension of WASI preview 1 hosts, such as
//! WasmEdge, wasi-go and net-run.
//!
//! Programs do not name this crate: `net` selects it on `wasm32-wasip1`.
//!
//! # How it works
//!
//! The runtime is tokio's own `current_thread` scheduler, as published. When
//! no task can run, its `on_thread_park` hook calls the reactor, which blocks in
//! one `poll_oneoff` for the sockets and deadlines that tasks wait for, and
//! wakes their tasks. The page of the module `reactor` has the sequence, and
//! what it promises about fairness, lateness and idle cost.
//!
//! ```text
//! backend ─ connect, listen, packet, lookup      what net-dial calls
//! stream, listener, packet                       the types that users hold
//! socket                                         try, wait for readiness, try again
//! options, control, inherited                    socket options; sockets that the host opened
//! runtime                                        tokio, the hook, what ran
//! reactor ─ interests, deadlines, poll_cost      which task waits for what; how long to wait
//! sockaddr, subscription, reported_len, host     layouts and hosts' quirks, as data
//! abi                                            the imports; all unsafe code
//! ```
//!
//! Everything from `reactor` downwards, except `abi`, is compiled and tested on
//! any machine, against a scripted host.
//!
//! # Limits
//!
//! - One thread: `spawn_blocking`, threads and a nested `block_on` panic.
//! - [`Backend::lookup`](net_traits::Backend::lookup) blocks the whole module
//!   while the host resolves a name.
//! - WasmEdge has no `TCP_NODELAY` and, without the feature
//!   `wasmedge-unix`, no Unix sockets; a module built with that feature loads
//!   on WasmEdge only. wasi-go has no `SO_LINGER`. No host has IPv6 zones; only
//!   net-run has `IPV6_V6ONLY` and keep-alive times. Each is an error that says
//!   so.

// The only place where this crate selects by target: what does not touch the
// imports is tested on any.
cfg_if::cfg_if! {
    if #[cfg(any(test, target_os = "wasi"))] {
        mod deadlines;
        mod host;
        mod interests;
        mod poll_cost;
        mod reactor;
        mod reported_len;
        mod sockaddr;
        mod subscription;

        pub use host::HostKind;
    }
}
cfg_if::cfg_if! {
    if #[cfg(target_os = "wasi")] {
        mod abi;
        mod backend;
        mod control;
        mod errno;
        mod inherited;
        mod listener;
        mod lookup;
        mod options;
        mod packet;
        mod resolver;
        mod runtime;
        mod sleep;
        mod socket;
        mod stream;

        pub use backend::Wasip1;
        pub use listener::Listener;
        pub use packet::PacketConn;
        #[cfg(feature = "dns")]
        pub use resolver::dns;
        pub use runtime::{Watched, block_on, watch};
        pub use sleep::Sleep;
        pub use stream::{ReadHalf, Stream, WriteHalf};
    }
}
