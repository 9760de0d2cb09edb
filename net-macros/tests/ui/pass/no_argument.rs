#[path = "../stand_in.rs"]
mod stand_in;

use net_macros::net_main;

#[net_main(crate = stand_in)]
async fn main() {
    std::future::ready(()).await;
    let builder = stand_in::runtime::running().expect("a runtime runs this");
    assert_eq!(builder, stand_in::runtime::Builder::new());
}
