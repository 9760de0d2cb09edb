#[path = "../stand_in.rs"]
mod stand_in;

use net_macros::net_main;

#[net_main(crate = stand_in, flavor = current_thread)]
async fn flavor_without_quotes() {}

#[net_main(crate = stand_in, flavor = 1)]
async fn flavor_as_number() {}

#[net_main(crate = stand_in, worker_threads = "4")]
async fn worker_threads_as_string() {}

#[net_main(crate = stand_in, worker_threads = -1)]
async fn negative_worker_threads() {}

#[net_main(crate = stand_in, worker_threads = 1.5)]
async fn fractional_worker_threads() {}

#[net_main(crate = stand_in, worker_threads = 2 + 2)]
async fn computed_worker_threads() {}

#[net_main(crate = stand_in, worker_threads = 99999999999999999999999)]
async fn countless_worker_threads() {}

#[net_main(crate = 1)]
async fn crate_as_number() {}

#[net_main(crate = "not a path")]
async fn crate_as_prose() {}

#[net_main(crate = "")]
async fn crate_as_nothing() {}

fn main() {}
