//! The expansion triggers no lint in the crate of its user. `cargo clippy` reads this module,
//! with the lints of the workspace, and here with more of them.

#![deny(
    clippy::all,
    clippy::pedantic,
    clippy::nursery,
    unused_qualifications,
    unreachable_pub
)]

use net_macros::{net_main, net_test};

use crate::stand_in::{self, Dialer};

#[net_main(crate = stand_in)]
async fn awaits_nothing() {}

#[net_main(crate = stand_in, flavor = "multi_thread", worker_threads = 2)]
async fn all_options(net: stand_in::Net) -> &'static str {
    net.name()
}

#[net_main(crate = "stand_in")]
async fn generic(net: impl Dialer) -> Result<(), std::num::ParseIntError> {
    std::future::ready(net.name()).await.parse::<u8>().map(drop)
}

#[test]
fn the_functions_run() {
    awaits_nothing();
    assert_eq!(all_options(), "stand-in");
    assert!(generic().is_err());
}

/// A test.
#[net_test]
async fn a_test_awaits_nothing() {}

/// A test for each backend, here one.
#[net_test(backends(native), timeout = "5s")]
async fn a_test_takes_a_network(net: impl net::Dialer) -> Result<(), std::num::ParseIntError> {
    assert!(format!("{net:?}").contains("Net"));
    std::future::ready("7").await.parse::<u8>().map(drop)
}
