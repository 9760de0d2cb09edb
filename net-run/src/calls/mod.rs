//! The calls that guests import: numbers and pointers in, an error number out.

mod address;
mod address_info;
mod buffers;
mod entry;
pub(crate) mod imports;
mod memory;
mod options;
mod poll;
mod preview1;
mod sockets;
