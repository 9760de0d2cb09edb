//! The network, through the traits that programs use.

mod datagrams;
mod determinism;
mod faults;
mod names;
mod streams;
mod support;
mod unix;
