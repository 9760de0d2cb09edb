//! A backend of `net`: the socket extension of WASI preview 1 hosts, such as
//! WasmEdge and wasi-go.
//!
//! Programs do not name this crate: `net` selects it on `wasm32-wasip1`.
//!
//! # How it works
//!
//! The runtime is tokio's own `current_thread` scheduler, as published. When
//! no task can run, its `on_thread_park` hook calls the reactor, which waits in
//! one `poll_oneoff` for the sockets and deadlines that tasks wait for, and
//! wakes their tasks.
//!
//! ```text
//! backend ─ connect, listen, packet, lookup      what net-dial calls
//! stream, listener, packet                       the types that users hold
//! socket                                         try, wait for readiness, try again
//! options, control, inherited                    what is done to sockets; ready-made ones
//! runtime                                        tokio, the hook, what ran
//! reactor ─ interests, deadlines, scan           who waits for what; how long to wait
//! sockaddr, subscription, host                   layouts and hosts' quirks, as data
//! abi                                            the imports; all unsafe code
//! ```
//!
//! From `reactor` downwards, but for `abi`, everything is compiled and tested
//! on any machine, against a scripted host.
//!
//! # Limits
//!
//! - One thread: `spawn_blocking`, threads and a nested `block_on` panic.
//! - [`Backend::lookup`](net_traits::Backend::lookup) blocks the whole module
//!   while the host resolves a name.
//! - WasmEdge has no `TCP_NODELAY` and, without the feature
//!   `wasmedge-unix`, no Unix sockets; a module built with that feature loads
//!   on WasmEdge only. wasi-go has no `SO_LINGER`. None has IPv6 zones,
//!   `IPV6_V6ONLY` or keep-alive times. Each is an error that says so.

// The only place where this crate looks at its target: what does not touch
// the imports is tested on any.
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
        mod runtime;
        mod sleep;
        mod socket;
        mod stream;

        pub use backend::Wasip1;
        pub use listener::Listener;
        pub use packet::PacketConn;
        pub use runtime::{Watched, block_on, watch};
        pub use sleep::Sleep;
        pub use stream::{ReadHalf, Stream, WriteHalf};
    }
}
