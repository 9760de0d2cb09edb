//! Connections: what TCP does between two ends, and Unix streams likewise.

// What an end and a listener are.
pub(crate) mod end;
pub(crate) mod incoming;
pub(crate) mod listening;

// All of them, and how a connection ends.
pub(crate) mod table;

// What they do.
pub(crate) mod accept;
pub(crate) mod handshake;
pub(crate) mod keepalive;
pub(crate) mod options;
pub(crate) mod receive;
pub(crate) mod transfer;
