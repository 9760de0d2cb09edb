//! What this crate adds to backends, on every target. What every backend must
//! do is in `net-conformance`.
//!
//! The same tests run natively and as a guest of each host. Clients and servers
//! are tasks of one process, over loopback. What a host cannot do is not
//! skipped: the test then asks for the error that says so.

mod alone;
mod control;
mod dial;
mod dial_errors;
mod eyeballs;
mod fairness;
mod idle_stream;
mod inherited;
mod limits;
mod memory;
mod net_test;
mod routes;
mod runtime;
mod support;
mod time;
mod unix;
