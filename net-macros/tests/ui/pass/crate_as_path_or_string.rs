#[path = "../stand_in.rs"]
mod stand_in;

use net_macros::net_main;

mod facade {
    pub(crate) use crate::stand_in as net;
}

#[net_main(crate = facade::net)]
async fn path(_net: facade::net::Net) {}

#[net_main(crate = crate::facade::net, flavor = "multi_thread")]
async fn absolute_path(_net: facade::net::Net) {}

#[net_main(crate = "facade::net", worker_threads = 2)]
async fn string(_net: facade::net::Net) {}

fn main() {
    path();
    absolute_path();
    string();
}
