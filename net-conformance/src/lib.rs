//! What every backend of `net` must do, as tests that anyone can run on a backend of
//! their own.
//!
//! A [`Fixture`] describes how to create a backend and what it lacks, and
//! [`conformance!`] expands to one named test for each [`Case`]:
//!
//! ```
//! use net::target::Backend;
//! use net_conformance::Fixture;
//!
//! struct Target;
//!
//! impl Fixture for Target {
//!     type Backend = Backend;
//!
//!     fn backend(&self) -> Backend {
//!         Backend::default()
//!     }
//!
//!     fn block_on<F: Future>(&self, case: F) -> F::Output {
//!         net::block_on(case)
//!     }
//! }
//!
//! mod conformance {
//!     use super::Target;
//!
//!     net_conformance::conformance!(Target);
//! }
//! # fn main() {}
//! ```
//!
//! A case that fails reports what it checks, where the rule comes from, and what
//! the backend did instead. The same source runs on native targets and as a guest on
//! each host. [`report`] runs the cases without a test harness.
//!
//! ```text
//! fixture   the description of a backend
//! case      a case, and how a group lists its cases
//! groups    the cases
//! subject   a backend under test, and what cases do with it
//! scripted  a backend whose addresses respond according to a script
//! ensure    assertions that return errors
//! verdict   running a case, and its result
//! tap       a report of all cases
//! ```
//!
//! A backend whose types cannot move between threads does not compile:
//!
//! ```compile_fail
//! struct Target;
//!
//! impl net_conformance::Fixture for Target {
//!     type Backend = std::rc::Rc<()>;
//! #   fn backend(&self) -> Self::Backend { unimplemented!() }
//! #   fn block_on<F: Future>(&self, case: F) -> F::Output { net::block_on(case) }
//! }
//! ```

// The examples of the README compile.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

mod case;
mod ensure;
mod fixture;
mod groups;
mod scripted;
mod subject;
mod tap;
mod verdict;

pub use case::Case;
pub use fixture::{Capability, Fixture, Pair, StreamOf};
pub use tap::report;
#[doc(hidden)]
pub use verdict::test;
pub use verdict::{Verdict, run, run_for};

/// Returns all cases.
pub fn cases() -> impl Iterator<Item = &'static Case> {
    groups::cases()
}

/// Expands to one named `#[test]` per case, in a module per group.
///
/// The argument is an expression that creates a [`Fixture`]; it is evaluated for each
/// case. The documentation of the [crate](crate) has an example.
#[macro_export]
macro_rules! conformance {
    ($fixture:expr) => {
        $crate::__conn!($fixture);
        $crate::__cancel!($fixture);
        $crate::__deadlines!($fixture);
        $crate::__half_close!($fixture);
        $crate::__peek!($fixture);
        $crate::__reset!($fixture);
        $crate::__listener!($fixture);
        $crate::__dial!($fixture);
        $crate::__eyeballs!($fixture);
        $crate::__udp!($fixture);
        $crate::__unix!($fixture);
        $crate::__options!($fixture);
        $crate::__starvation!($fixture);
        $crate::__limits!($fixture);
        $crate::__types!($fixture);
    };
}
