#[path = "../stand_in.rs"]
mod stand_in;

use net_macros::net_main;

#[net_main(crate = stand_in, flavor = "multi_threaded")]
async fn one() {}

#[net_main(crate = stand_in, flavor = "single_thread")]
async fn two() {}

#[net_main(crate = stand_in, flavor = "curent_thread")]
async fn three() {}

#[net_main(crate = stand_in, flavor = "fast")]
async fn four() {}

fn main() {}
