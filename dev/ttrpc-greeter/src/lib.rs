//! What is generated from `proto/greeter.proto`.

#![allow(missing_docs)]

include!(concat!(env!("OUT_DIR"), "/greeter.rs"));
