//! Tests of net-run as a whole: its library by a guest that makes real calls
//! on loopback, and its program by its command line.

mod command_line;
mod folder;
mod guest_sockets;
mod hostile;
mod limits;
mod network;
mod policy;
mod poll;
mod recorded_network;
mod remote_guest;
mod sockets;
mod typings;
