#[path = "../stand_in.rs"]
mod stand_in;

use net_macros::net_test;

#[net_test]
#[test]
async fn two_tests() {}

#[net_test]
fn no_async() {}

#[net_test]
async fn two_networks(_client: stand_in::Net, _server: stand_in::Net) {}

#[net_test]
async fn generic<B>(_net: B) {}

#[net_test]
struct NoFunction;

fn main() {}
