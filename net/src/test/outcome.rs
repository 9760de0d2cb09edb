use std::fmt::Debug;

/// The return type of a test.
#[diagnostic::on_unimplemented(
    message = "a `#[net_test]` returns `()` or a `Result`, and this one returns `{Self}`",
    label = "neither `()` nor a `Result`"
)]
pub trait Outcome {
    /// Returns whether the test has failed.
    fn is_failure(&self) -> bool;
}

impl Outcome for () {
    fn is_failure(&self) -> bool {
        false
    }
}

impl<T, E: Debug> Outcome for Result<T, E> {
    fn is_failure(&self) -> bool {
        self.is_err()
    }
}
