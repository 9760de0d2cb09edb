//! Client and server, natively, in memory and in guests, and with third-party peers.

mod client;
mod client_hostile;
mod client_peers;
mod client_pool;
mod client_redirects;
mod client_tls;
mod curl;
mod hostile;
mod hostile_http2;
mod load;
mod proxy;
mod requests;
mod shutdown;
mod support;
mod upgrade;
