//! The types of the target that the program is built for, to name them in a
//! struct's field or in a function's signature.
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

/// What [`listen`](crate::listen) returns.
pub type Listener = <Backend as Supplied>::Listener;

/// What [`listen_packet`](crate::listen_packet) and
/// [`dial_packet`](crate::dial_packet) return.
pub type PacketConn = <Backend as Supplied>::PacketConn;
