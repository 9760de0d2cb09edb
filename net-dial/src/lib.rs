//! How an address becomes a connection, over any [`Backend`](net_traits::Backend).
//!
//! A backend connects and binds to addresses that are resolved. Everything
//! else that a user sees is written here once: reading addresses, finding a
//! name's addresses, trying them in order under one deadline, and errors that
//! tell each attempt.
//!
//! ```text
//! net        Net: a backend with everything on top; it is a Dialer
//! attempt    one operation tried on several addresses under one deadline
//! resolve    from the text of an address to endpoints
//! service    from a service's name to its port
//! time       sleep, timeout, interval on a backend's clock
//! ```

mod attempt;
mod net;
mod resolve;
mod service;
pub mod time;

pub use net::Net;
