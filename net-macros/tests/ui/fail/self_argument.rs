#[path = "../stand_in.rs"]
mod stand_in;

use net_macros::net_main;

struct Server;

impl Server {
    #[net_main(crate = stand_in)]
    async fn run(&self) {
        let _: &Server = self;
    }
}

fn main() {}
