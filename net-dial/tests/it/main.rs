//! How an address becomes a connection: each rule over a backend that answers
//! by a script, on virtual time.

mod attempts;
mod builder;
mod cancel;
mod deadline;
mod errors;
mod eyeballs;
mod fake;
mod listen;
mod names;
mod options;
mod packet;
mod parts;
mod pipe;
mod resolve;
mod types;
mod unix;
