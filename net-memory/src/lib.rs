//! A network inside the process, for tests: hosts with names and addresses,
//! TCP, UDP and Unix sockets, and faults on demand.
//!
//! | to do | use |
//! |---|---|
//! | make a network, with a seed | [`Network`] |
//! | run a program on one of its hosts | [`Network::host`], which is a backend |
//! | slow it, lose packets, cut it in two | [`Network::rule`], [`Network::partition`] |
//! | see what went over it | [`Network::trace`] |
//!
//! Time is tokio's: with its clock paused, an hour of timeouts takes
//! milliseconds. Without a rule, packets take no time.
//!
//! # What is as in a kernel, and what is not
//!
//! Connections have a handshake, a backlog, windows, half-close, and a reset
//! where data was left unread; what is lost is sent again, ever later. One
//! write is one packet. Acknowledgements of data are no packets: no rule
//! delays or loses them. There is no `TIME_WAIT`, no congestion control, no
//! path MTU.

mod address;
mod bindings;
mod connection;
mod fault;
mod host;
mod hosts;
mod keepalive;
mod latency;
mod listener;
mod listening;
mod lookup;
mod mailbox;
mod network;
mod options;
mod packet;
mod packet_conn;
mod queue;
mod rule;
mod selector;
mod shared;
mod state;
mod stream;
mod trace;
mod transport;
mod waiters;

pub use host::{Host, Sleep};
pub use latency::Latency;
pub use listener::Listener;
pub use network::Network;
pub use packet::{Packet, PacketKind, Protocol};
pub use packet_conn::PacketConn;
pub use rule::{Rule, RuleBuilder};
pub use stream::{ReadHalf, Stream, WriteHalf};
pub use trace::{Event, Fate, Trace};
