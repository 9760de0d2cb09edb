use std::time::Duration;

use net::memory::MemoryNet;
use net::prelude::*;

#[net::net_test(backend = memory, start_paused)]
async fn a_dial_to_a_silent_server_times_out(net: MemoryNet) -> net::Result<()> {
    let _listener = net.on("db").listen("tcp", ":5432").await?;
    let _stall = net.rule().from("db").stall(); // until it is dropped
    let patient = net.clone().with_timeout(Duration::from_secs(3600));
    let error = patient.dial("tcp", "db:5432").await.unwrap_err();
    assert!(error.is_timeout());
    Ok(())
}

// A doctest would not run a test, so this checks that the README contains the one above.
#[test]
fn the_readme_has_the_test_above() {
    let (test, _) = include_str!("readme.rs")
        .split_once("\n// A doctest")
        .unwrap();
    assert!(include_str!("../../../../README.md").contains(test));
}
