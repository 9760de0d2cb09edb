#[path = "../stand_in.rs"]
mod stand_in;

use net_macros::net_main;

use std::process::ExitCode;

#[net_main(crate = stand_in)]
async fn main() -> ExitCode {
    ExitCode::SUCCESS
}
