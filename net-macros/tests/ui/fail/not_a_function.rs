#[path = "../stand_in.rs"]
mod stand_in;

use net_macros::net_main;

/// Documented.
#[net_main(crate = stand_in)]
#[derive(Debug)]
pub struct Server;

#[net_main(crate = stand_in)]
const COUNT: usize = 1;

#[net_main(crate = stand_in)]
impl Server {
    async fn main() {}
}

fn main() {
    println!("{Server:?} {COUNT}");
}
