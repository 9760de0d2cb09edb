//! The network, through the traits that programs use.

mod datagrams;
mod determinism;
mod faults;
mod keepalive;
mod names;
mod options;
mod order;
mod short_reads;
mod streams;
mod support;
mod timeouts;
mod unix;
