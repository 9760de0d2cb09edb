//! The client natively, in memory and in guests, against memcached and scripted servers.

mod cancel;
mod commands;
mod faults;
mod faults_anywhere;
mod hostile;
mod limits;
mod peers;
mod ring;
mod several;
mod support;
#[cfg(not(target_family = "wasm"))]
mod tls;
mod wire;
