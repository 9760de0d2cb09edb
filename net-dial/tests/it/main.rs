//! How an address becomes a connection: each rule over a backend that answers
//! by a script, on virtual time.

mod attempts;
mod cancel;
mod deadline;
mod deadlined;
mod deadlined_model;
mod deadlined_timers;
mod errors;
mod fake;
mod idle;
mod listen;
mod names;
mod options;
mod packet;
mod pipe;
mod resolve;
mod time;
mod types;
mod unix;
