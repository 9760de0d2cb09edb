//! How an address becomes a connection, over any [`Backend`](net_traits::Backend).
//!
//! A backend connects and binds to addresses that are resolved. Everything
//! else that a user sees is written here once: looking up the addresses of a
//! name, trying them in order under one deadline, and errors that tell each
//! attempt.
//!
//! ```text
//! net          Net: a backend with everything on top, and how it dials
//! open         what it does: dial, listen, datagrams, lookup
//! request      what a user asked for, for options and errors
//! resolve      from an address to endpoints, or a name
//! service      from a service's name to its port
//! lookup       a name's addresses, from any resolver
//! destination  which of them to prefer (RFC 6724)
//! race         trying them staggered, the first wins (RFC 8305)
//! attempt      trying one after the other; how a deadline is divided
//! local        from which local address
//! ```

mod attempt;
mod destination;
mod local;
mod lookup;
mod net;
mod open;
mod race;
mod request;
mod resolve;
mod service;

pub use net::Net;
