#[path = "../stand_in.rs"]
mod stand_in;

use net_macros::net_main;

#[net_main(crate = stand_in, worker_threads = 0)]
async fn main() {}
