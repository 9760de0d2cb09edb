//! How an address becomes a connection, over any [`Backend`](net_traits::Backend).
//!
//! A backend connects and binds to addresses that are resolved. Everything
//! else that a user sees is written here once: reading addresses, finding a
//! name's addresses, trying them in order under one deadline, and errors that
//! tell each attempt. So are streams with a limit in time, around any other.
//!
//! ```text
//! net          Net: a backend with everything on top, and how it dials
//! open         what it does: dial, listen, datagrams, lookup
//! request      what a user asked for, for options and errors
//! resolve      from the text of an address to endpoints, or a name
//! service      from a service's name to its port
//! lookup       a name's addresses, from whichever resolver
//! destination  which of them to prefer (RFC 6724)
//! race         trying them staggered, the first wins (RFC 8305)
//! attempt      trying one after the other; how a deadline is divided
//! local        from which local address
//! time         sleep, timeout, interval on a backend's clock
//! deadlined    a stream with deadlines, as Go's net.Conn has them
//! deadlines    the deadlines, which other tasks may move
//! idle         a stream that gives up when nothing moves
//! guarded      what such streams have in common
//! alarm        a sleep that is kept, for an instant that moves
//! ```

mod alarm;
mod attempt;
mod deadlined;
mod deadlines;
mod destination;
mod guarded;
mod idle;
mod local;
mod lookup;
mod net;
mod open;
mod race;
mod request;
mod resolve;
mod service;
pub mod time;

pub use deadlined::{Deadlined, DeadlinedReadHalf, DeadlinedWriteHalf};
pub use deadlines::Deadlines;
pub use idle::{IdleReadHalf, IdleTimeout, IdleWriteHalf};
pub use net::Net;
