#[path = "../stand_in.rs"]
mod stand_in;

use net_macros::net_main;

#[net_main(crate = ::nowhere)]
async fn no_dependency() {}

#[net_main(crate = elsewhere)]
async fn no_module() {}

fn main() {}
