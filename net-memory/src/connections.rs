//! Connections: what TCP does between two ends, and Unix streams likewise.

pub(crate) mod accept;
pub(crate) mod end;
pub(crate) mod handshake;
pub(crate) mod incoming;
pub(crate) mod keepalive;
pub(crate) mod listening;
pub(crate) mod options;
pub(crate) mod receive;
pub(crate) mod table;
pub(crate) mod transfer;
