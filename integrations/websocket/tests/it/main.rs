//! Client and server, natively, in memory and in guests, and with third-party peers.

mod cancel;
mod close;
mod handshake;
mod hostile_client;
mod hostile_server;
mod messages;
mod origin;
mod pings;
mod python;
mod raw;
mod support;
mod tls;
