//! What hosts are known to do otherwise, by the name that the program is told.

use crate::case::Case;

/// Host, case, and what it does instead.
const KNOWN: &[(&str, &str, &str)] = &[
    (
        "WasmEdge",
        "a_descriptor_tells_that_it_is_a_socket",
        "it calls each socket a stream",
    ),
    (
        "WasmEdge",
        "the_flag_for_non_blocking_is_the_new_sockets",
        "it sets the flag of the listener",
    ),
    (
        "WasmEdge",
        "the_port_of_the_source_is_in_host_order",
        "the port is in network order",
    ),
    (
        "WasmEdge",
        "a_connected_socket_is_told_that_nobody_is_there",
        "an error that is pending does not make a socket readable",
    ),
    (
        "WasmEdge",
        "small_writes_can_go_at_once",
        "it does not have TCP_NODELAY",
    ),
    (
        "WasmEdge",
        "waiting_for_nothing_is_refused",
        "it answers that nothing has happened",
    ),
    (
        "wasi-go",
        "a_connected_socket_may_send_to_others",
        "it answers ISCONN",
    ),
    (
        "wasi-go",
        "linger_is_set_and_read",
        "it does not have SO_LINGER",
    ),
    (
        "wasi-go",
        "a_read_can_have_a_limit",
        "it does not have SO_RCVTIMEO",
    ),
    (
        "wasi-go",
        "a_clock_waits_its_time",
        "its clocks fire up to a millisecond early",
    ),
];

/// Why a case is known to fail on a host.
pub(crate) fn reason(host: &str, case: &Case) -> Option<&'static str> {
    let known = KNOWN
        .iter()
        .find(|(name, known, _)| *name == host && *known == case.name);
    known.map(|(_, _, reason)| *reason)
}
