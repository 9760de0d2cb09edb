//! What was written on the function has its effect.

#![deny(
    dead_code,
    deprecated,
    missing_docs,
    unfulfilled_lint_expectations,
    unreachable_code,
    unused_variables
)]

#[path = "../stand_in.rs"]
mod stand_in;

use net_macros::net_main;

/// Documented: `missing_docs` is denied.
#[net_main(crate = stand_in)]
#[allow(unreachable_code)]
#[expect(unused_variables, reason = "a lint level holds for the body")]
#[inline(never)]
pub async fn documented() {
    let unused = 1;
    return;
    println!("never");
}

/// Deprecated for its callers, and not in its own expansion.
#[net_main(crate = stand_in)]
#[deprecated]
pub async fn deprecated() {}

/// An attribute above the macro.
#[inline]
#[net_main(crate = stand_in)]
pub async fn above() {}

#[net_main(crate = stand_in)]
#[cfg(any())]
async fn compiled_out() {
    does_not_exist();
}

#[net_main(crate = stand_in)]
#[cfg_attr(all(), allow(unused_variables))]
async fn conditional_attribute() {
    let unused = 1;
}

fn main() {
    documented();
    #[expect(deprecated)]
    deprecated();
    above();
    conditional_attribute();
}
