//! The client: with a scripted server, natively, in memory and in guests, and with
//! Redis itself.

mod answers;
mod blocking;
mod faults;
mod hostile;
mod login;
mod messages;
mod refused;
mod restart;
mod server;
mod support;
