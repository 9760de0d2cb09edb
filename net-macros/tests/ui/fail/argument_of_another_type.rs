#[path = "../stand_in.rs"]
mod stand_in;

use net_macros::net_main;

#[net_main(crate = stand_in)]
async fn unrelated(_name: Option<String>) {}

#[net_main(crate = stand_in)]
async fn reference(_net: &stand_in::Net) {}

#[net_main(crate = stand_in)]
async fn unknown_trait(_net: impl std::fmt::Debug + std::fmt::Display) {}

fn main() {}
