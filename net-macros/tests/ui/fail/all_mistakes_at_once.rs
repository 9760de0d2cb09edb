//! The mistakes in the options, in the signature and in the body show together, and nothing else.

#[path = "../stand_in.rs"]
mod stand_in;

use net_macros::net_main;

#[net_main(crate = stand_in, flavour = "multi_thread", worker_threads = 0)]
fn main(net: stand_in::Net, count: usize) {
    let number: usize = net.name().await;
}
