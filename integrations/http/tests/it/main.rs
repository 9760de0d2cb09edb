//! The server, natively, in memory and in guests, and with peers that are not ours.

mod curl;
mod hostile;
mod hostile_http2;
mod load;
mod requests;
mod shutdown;
mod support;
mod upgrade;
