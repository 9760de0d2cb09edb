/// Who fills in what a URL does not say: the crate `net`, for its target.
///
/// `By` is a type of the crate that implements it. Without it, Rust's rule of
/// coherence would allow no crate but this one to do so.
#[doc(hidden)]
pub trait Defaults<By>: Sized {
    #[must_use]
    fn with_defaults(self) -> Self;
}
