//! The service of `proto/greeter.proto`, as `build.rs` generates it.

#![allow(missing_docs, clippy::pedantic, reason = "the code is generated")]

tonic::include_proto!("greeter.v1");

/// What reflection tells.
pub const FILE_DESCRIPTOR_SET: &[u8] = tonic::include_file_descriptor_set!("greeter");
