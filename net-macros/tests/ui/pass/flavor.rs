#[path = "../stand_in.rs"]
mod stand_in;

use net_macros::net_main;

use stand_in::runtime::{Flavor, running};

#[net_main(flavor = "multi_thread", crate = stand_in)]
async fn several() -> Option<Flavor> {
    running()?.flavor
}

#[net_main(flavor = "current_thread", crate = stand_in)]
async fn one() -> Option<Flavor> {
    running()?.flavor
}

fn main() {
    assert_eq!(several(), Some(Flavor::MultiThread));
    assert_eq!(one(), Some(Flavor::CurrentThread));
}
