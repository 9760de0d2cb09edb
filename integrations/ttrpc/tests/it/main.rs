//! Client and server, natively, in memory and in guests, and with containerd's.

mod arbitrary;
mod calls;
mod cancellation;
mod containerd;
mod hostile_clients;
mod hostile_servers;
mod shutdown;
mod streams;
mod support;
mod timeouts;
