//! A network inside the process, for deterministic simulation testing: hosts
//! with names and addresses, TCP, UDP and Unix sockets, and faults on demand.
//!
//! | To | use |
//! |---|---|
//! | create a network, with a seed | [`Network`] |
//! | run a program on one of its hosts | [`Network::host`], which returns a backend |
//! | slow it down, lose packets, partition it | [`Network::rule`], [`Network::partition`] |
//! | see what was sent over it | [`Network::trace`] |
//!
//! Time is tokio's: with its clock paused, an hour of timeouts takes
//! milliseconds. Without a rule, packets take no time.
//!
//! # What is as in a kernel, and what is not
//!
//! Connections have a handshake, a backlog, windows, half-close, and a reset
//! where data was left unread. Lost packets are retransmitted at growing
//! intervals, the packets of a connection arrive in order, and what is never
//! answered times out as on Linux: a dial after 127 s, unacknowledged data after
//! 924.6 s, a keep-alive as it is set. A read may return fewer bytes than have
//! arrived (see [short reads](Network#short-reads)).
//!
//! To rules and in traces, one write is one packet. Acknowledgements of data,
//! and news of room in the receiver's window, are no packets: no rule delays
//! them. They count as lost only while rules stop every packet in their
//! direction: then data arrives, but its sender times out. A write that waits for
//! room in the window does not time out.
//!
//! A linger above zero is the same as none: closing never blocks, and what was
//! written is delivered. There is no `TIME_WAIT`, no congestion control, and no
//! path MTU.

// What a program holds.
mod host;
mod listener;
mod network;
mod packet_conn;
mod rule;
mod stream;

// The network behind its lock, and what becomes of what arrives.
mod open;
mod shared;
mod state;

// Sockets.
mod connections;
mod mailboxes;
mod options;
mod waiters;

// Hosts, names and addresses.
mod address;
mod bindings;
mod hosts;
mod lookup;

// Packets and rules.
mod wire;

pub use host::{Host, Sleep};
pub use listener::Listener;
pub use network::Network;
pub use packet_conn::PacketConn;
pub use rule::{Rule, RuleBuilder};
pub use stream::{ReadHalf, Stream, WriteHalf};
pub use wire::latency::Latency;
pub use wire::packet::{Packet, PacketKind, Protocol};
pub use wire::trace::{Event, Fate, Trace};
