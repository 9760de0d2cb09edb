#[path = "../stand_in.rs"]
mod stand_in;

use net_macros::net_main;

#[net_main("current_thread")]
async fn a_flavor() {}

#[net_main(4)]
async fn a_number() {}

#[net_main("net", 1.5, + 2, , crate = stand_in)]
async fn something_else() {}

fn main() {}
