//! DNS over real sockets, natively and as a guest of each host: against a
//! server in the test that lies, stalls and loses answers, and against a real
//! one.

mod addresses;
mod aliases;
mod cache;
mod cancel;
mod failover;
mod forgeries;
mod hostile;
mod names;
mod real_server;
mod records;
mod scopes;
mod search;
mod server;
mod sources;
mod support;
mod transport;
mod zone;
