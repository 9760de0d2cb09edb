#[path = "../stand_in.rs"]
mod stand_in;

use net_macros::net_main;

async fn library(dialer: &impl stand_in::Dialer) -> &'static str {
    dialer.name()
}

#[net_main(crate = stand_in)]
async fn main(net: impl stand_in::Dialer + Clone + 'static) {
    assert_eq!(library(&net.clone()).await, "stand-in");
}
