//! A function that `macro_rules` assembles: its parts come in invisible groups.

#[path = "../stand_in.rs"]
mod stand_in;

use net_macros::net_main;

macro_rules! program {
    ($vis:vis $name:ident, $argument:ty, $output:ty, $net:path, $count:expr, $body:block) => {
        #[net_main(crate = $net, worker_threads = $count)]
        $vis async fn $name(_net: $argument) -> $output $body
    };
}

program!(pub(crate) main, stand_in::Net, Result<(), String>, stand_in, 2, {
    assert_eq!(stand_in::runtime::running().unwrap().worker_threads, Some(2));
    Ok(())
});
