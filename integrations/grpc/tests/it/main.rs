//! Channel and server, natively, in memory and in guests, and with third-party peers.

mod balancing;
mod calls;
mod cancellation;
mod deadlines;
mod hostile;
mod keep_alive;
mod limits;
mod peers;
mod reconnecting;
mod service;
mod support;
mod tls;
