//! How a network behaves, on every target.
//!
//! The same tests run natively and as a guest of each host. Clients and servers
//! are tasks of one process, over loopback. What a host cannot do is not
//! skipped: the test then asks for the error that says so.

mod control;
mod deadline_stream;
mod dial;
mod dial_errors;
mod eyeballs;
mod fairness;
mod half_close;
mod idle_stream;
mod inherited;
mod limits;
mod listener;
mod memory;
mod net_test;
mod options;
mod reset;
mod routes;
mod runtime;
mod support;
mod tcp;
mod time;
mod transfer;
mod udp;
mod udp_errors;
mod unix;
