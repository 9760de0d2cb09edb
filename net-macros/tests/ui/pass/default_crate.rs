//! Without the option `crate`, everything comes from `::net`.

#[path = "../stand_in.rs"]
mod stand_in;

use net_macros::net_main;

extern crate self as net;

pub(crate) use stand_in::__require_multi_thread;
use stand_in::{Net, runtime};

#[net_main(flavor = "multi_thread")]
async fn main(net: net::Net) {
    let _ = net;
}
