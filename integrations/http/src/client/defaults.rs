use net_traits::Dialer;

use super::Client;

/// The default client for a target, which the crate `net` implements.
///
/// `By` is a type of the crate that implements it. Without it, coherence would
/// allow only this crate to do so.
#[doc(hidden)]
pub trait Defaults<By>: Sized {
    fn defaults() -> Self;
}

impl<D: Dialer + 'static> Client<D> {
    /// Creates a client for the target that the program is built for, with TLS
    /// and the proxies of the environment: `net::http::Client::new()`, which
    /// documents the details.
    #[must_use]
    pub fn new<By>() -> Self
    where
        Self: Defaults<By>,
    {
        Self::defaults()
    }
}
