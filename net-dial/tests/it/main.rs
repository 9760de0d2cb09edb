//! How an address becomes a connection: each rule over a backend that answers
//! by a script, on virtual time.

mod attempts;
mod cancel;
mod deadline;
mod errors;
mod fake;
mod listen;
mod names;
mod options;
mod packet;
mod resolve;
mod time;
mod types;
mod unix;
