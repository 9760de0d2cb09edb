#[path = "../stand_in.rs"]
mod stand_in;

use net_macros::net_main;

#[net_main(crate = stand_in, flavor = "multi_thread", flavor = "current_thread", crate = stand_in)]
async fn main() {}
