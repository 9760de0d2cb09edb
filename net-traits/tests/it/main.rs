//! What the vocabulary of networks promises, subject by subject.

mod address;
mod backend;
mod boxed;
mod datagram;
mod endpoint;
mod error;
mod fake;
mod forwarding;
mod host_port;
mod network;
mod network_kind;
mod options;
mod packet;
mod report;
mod resolver;
mod strategy;
mod stream;
mod types;
mod unix_address;
