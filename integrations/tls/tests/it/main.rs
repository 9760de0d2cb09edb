//! TLS natively, in memory and in guests, and with peers that are not ours.

mod handshake;
mod hostile;
mod peers;
mod streams;
mod support;
