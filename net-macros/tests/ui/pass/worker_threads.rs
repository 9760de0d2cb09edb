#[path = "../stand_in.rs"]
mod stand_in;

use net_macros::net_main;

use stand_in::runtime::{Builder, Flavor, running};

#[net_main(worker_threads = 4, crate = stand_in)]
async fn alone() -> Option<Builder> {
    running()
}

#[net_main(crate = stand_in, worker_threads = 1_0, flavor = "multi_thread",)]
async fn with_flavor() -> Option<Builder> {
    running()
}

fn main() {
    assert_eq!(alone(), Some(Builder::new().worker_threads(4)));
    assert_eq!(
        with_flavor(),
        Some(
            Builder::new()
                .flavor(Flavor::MultiThread)
                .worker_threads(10)
        )
    );
}
