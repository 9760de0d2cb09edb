#[path = "../stand_in.rs"]
mod stand_in;

use net_macros::net_main;

#[net_main(crate = stand_in)]
fn main() -> Result<(), std::fmt::Error> {
    std::future::ready(()).await;
    Ok(())
}
