#[path = "../stand_in.rs"]
mod stand_in;

use net_macros::net_test;

#[net_test(backend = memori)]
async fn unknown_backend() {}

#[net_test(backends(native, native, tcp))]
async fn backends_given_twice_and_unknown() {}

#[net_test(backends = memory)]
async fn a_value_for_a_list() {}

#[net_test(backend(memory))]
async fn a_list_for_a_value() {}

#[net_test(backend = native, backends(memory))]
async fn one_and_many_backends() {}

#[net_test(start_paused)]
async fn a_paused_clock_for_real_sockets() {}

#[net_test(start_paused = 3, backend = memory)]
async fn a_switch_with_a_number() {}

#[net_test(backend = native, seed = 3)]
async fn a_seed_for_real_sockets() {}

#[net_test(backend = memory, seed = 3, seeds = 4)]
async fn one_and_many_seeds() {}

#[net_test(backend = memory, seeds = 0)]
async fn no_seeds() {}

#[net_test(backend = memory, seed = "lucky")]
async fn a_seed_that_is_no_number() {}

#[net_test(timeout = 30)]
async fn a_time_without_a_unit() {}

#[net_test(backend = memory, start_paused, flavor = "multi_thread")]
async fn a_paused_clock_for_several_threads() {}

#[net_test(worker_threads = 2, paused)]
async fn options_of_others() {}

fn main() {}
