#[path = "../stand_in.rs"]
mod stand_in;

use net_macros::net_main;

use std::process::{ExitCode, Termination};

#[net_main(crate = stand_in)]
async fn main() -> impl Termination {
    ExitCode::SUCCESS
}
