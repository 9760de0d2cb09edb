#[path = "../stand_in.rs"]
mod stand_in;

use net_macros::net_main;

#[net_main(crate = stand_in, multi_thread)]
async fn a_flavor() {}

#[net_main(crate = stand_in, worker_threads)]
async fn an_option() {}

#[net_main(crate = stand_in, flavor = )]
async fn half_an_option() {}

#[net_main(crate = stand_in, flavor("multi_thread"))]
async fn parentheses() {}

#[net_main(crate = stand_in, fast)]
async fn something_else() {}

fn main() {}
