#[path = "../stand_in.rs"]
mod stand_in;

use net_macros::net_main;

#[net_main(crate = stand_in)]
async fn main<'a, D: stand_in::Dialer>(net: D)
where
    D: 'a,
{
    println!("{}", net.name());
}
