use net_traits::Dialer;

use super::Client;

/// Who fills in what a program does not say: the crate `net`, for its target.
///
/// `By` is a type of the crate that implements it. Without it, Rust's rule of
/// coherence would allow no crate but this one to do so.
#[doc(hidden)]
pub trait Defaults<By>: Sized {
    fn defaults() -> Self;
}

impl<D: Dialer + 'static> Client<D> {
    /// A client for the target that the program is built for, with the proxies of
    /// the environment, and TLS: `net::http::Client::new()`. The crate `net` says
    /// what that is.
    #[must_use]
    pub fn new<By>() -> Self
    where
        Self: Defaults<By>,
    {
        Self::defaults()
    }
}
