#[path = "../stand_in.rs"]
mod stand_in;

use net_macros::net_main;

#[net_main(crate = stand_in)]
async fn mutable(mut net: stand_in::Net) {
    net = net.clone();
    let _ = net;
}

#[net_main(crate = stand_in)]
async fn destructured(stand_in::Net {}: stand_in::Net) {}

#[net_main(crate = stand_in)]
async fn ignored(_: stand_in::Net) {}

fn main() {
    mutable();
    destructured();
    ignored();
}
