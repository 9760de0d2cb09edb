//! What the vocabulary of networks promises, subject by subject.

mod address;
mod boxed;
mod endpoint;
mod error;
mod fake;
mod forwarding;
mod network;
mod options;
mod packet;
mod stream;
mod types;
