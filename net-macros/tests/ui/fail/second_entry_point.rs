#[path = "../stand_in.rs"]
mod stand_in;

use net_macros::net_main;

#[net_main(crate = stand_in)]
#[tokio::main]
async fn one() {}

#[net_main(crate = stand_in)]
#[net_main(crate = stand_in)]
async fn two() {}

fn main() {}
