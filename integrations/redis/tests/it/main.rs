//! The client natively, in memory and in guests, against scripted servers and Redis itself.

mod answers;
mod blocking;
mod cluster;
mod cluster_server;
mod faults;
mod hostile;
mod login;
mod messages;
mod refused;
mod restart;
mod sentinel;
mod server;
mod support;
