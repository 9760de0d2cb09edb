#[path = "../stand_in.rs"]
mod stand_in;

use net_macros::net_main;

#[net_main(crate = stand_in, flavour = "multi_thread")]
async fn one() {}

#[net_main(crate = stand_in, worker_thread = 4)]
async fn two() {}

#[net_main(crate = stand_in, threads = 4)]
async fn three() {}

#[net_main(crate = stand_in, start_paused = true)]
async fn four() {}

fn main() {}
