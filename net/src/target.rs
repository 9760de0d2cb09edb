//! The types of the target that the program is built for, where one must be
//! named: in a struct's field, or in a function's signature.
//!
//! ```
//! struct Client {
//!     stream: net::target::Stream,
//! }
//! ```

use net_traits::Backend as Supplied;

/// What is beneath [`Net`](crate::Net).
pub type Backend = crate::backend::Backend;

/// A connection that [`dial`](crate::dial) opened or a [`Listener`] took.
pub type Stream = <Backend as Supplied>::Stream;

/// What [`listen`](crate::listen) gives.
pub type Listener = <Backend as Supplied>::Listener;

/// What [`listen_packet`](crate::listen_packet) and
/// [`dial_packet`](crate::dial_packet) give.
pub type PacketConn = <Backend as Supplied>::PacketConn;
