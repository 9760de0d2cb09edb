//! The network, through the traits that programs use.

mod datagrams;
mod determinism;
mod faults;
mod keepalive;
mod names;
mod streams;
mod support;
mod unix;
