//! On wasm32-wasip1 the macro `net::__require_multi_thread` expands to an error. It points at
//! the option.

#[path = "../stand_in.rs"]
mod stand_in;

use net_macros::net_main;

mod without_threads {
    pub(crate) use crate::stand_in::runtime;

    macro_rules! __require_multi_thread {
        ($option:literal) => {
            compile_error!(concat!(
                "wasm32-wasip1 has no threads: remove `",
                $option,
                "`"
            ));
        };
    }
    pub(crate) use __require_multi_thread;
}

#[net_main(crate = without_threads, flavor = "multi_thread")]
async fn flavor() {}

#[net_main(crate = without_threads, worker_threads = 4)]
async fn worker_threads() {}

#[net_main(crate = without_threads, flavor = "current_thread")]
async fn accepted() {}

fn main() {}
