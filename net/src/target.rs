//! The types of the target that the program is built for, to name in fields of
//! structs and in signatures.
//!
//! ```
//! struct Client {
//!     stream: net::target::Stream,
//! }
//! ```

use net_traits::Backend as Supplied;

/// Marks the implementations of other crates' traits for the target.
#[doc(hidden)]
#[derive(Debug)]
pub enum OfTarget {}

/// The backend of [`Net`](crate::Net).
pub type Backend = crate::backend::Backend;

/// A connection that [`dial`](crate::dial) opened or a [`Listener`] accepted.
pub type Stream = <Backend as Supplied>::Stream;

/// A listener, from [`listen`](crate::listen).
pub type Listener = <Backend as Supplied>::Listener;

/// A datagram socket, from [`listen_packet`](crate::listen_packet) or
/// [`dial_packet`](crate::dial_packet).
pub type PacketConn = <Backend as Supplied>::PacketConn;
