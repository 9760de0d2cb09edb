#[path = "../stand_in.rs"]
mod stand_in;

use net_macros::net_main;

use stand_in::Dialer as _;

#[net_main(crate = stand_in)]
async fn main(net: stand_in::Net) {
    assert_eq!(net.name(), "stand-in");
}
