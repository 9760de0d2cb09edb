#[path = "../stand_in.rs"]
mod stand_in;

use net_macros::net_main;

#[net_main(crate = stand_in)]
const async fn constant() {}

#[net_main(crate = stand_in)]
async unsafe fn not_safe() {}

#[net_main(crate = stand_in)]
async extern "C" fn foreign() {}

fn main() {}
