/// Fills in what a URL does not specify: implemented by the crate `net`, for its target.
///
/// `By` is a type of the implementing crate. Without it, the orphan rule would not allow any other
/// crate to implement this trait.
#[doc(hidden)]
pub trait Defaults<By>: Sized {
    #[must_use]
    fn with_defaults(self) -> Self;
}
