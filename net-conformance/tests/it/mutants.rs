//! The kit can fail: each group has a case that finds a backend out which does
//! one thing wrong. What is wrong with types does not compile, as the example
//! of the crate shows.

use std::collections::HashSet;
use std::time::Duration;

use net::memory::{Host, Network};
use net::runtime::{Builder, Flavor};
use net_conformance::{Case, Fixture, Verdict, cases, run_for};

use crate::broken::{Broken, Defect};

struct Mutant(Defect);

impl Fixture for Mutant {
    type Backend = Broken<Host>;

    fn backend(&self) -> Broken<Host> {
        Broken {
            beneath: Network::new().host("test"),
            defect: self.0,
        }
    }

    fn block_on<F: Future>(&self, case: F) -> F::Output {
        Builder::new().flavor(Flavor::CurrentThread).block_on(case)
    }
}

/// What is wrong, and the case that must find it out.
const FOUND_OUT: [(Defect, &str, &str); 23] = [
    (
        Defect::CorruptsData,
        "conn",
        "a_mebibyte_in_small_chunks_arrives_in_order",
    ),
    (
        Defect::LosesTheEnd,
        "conn",
        "dropping_a_connection_does_not_lose_what_was_written",
    ),
    (
        Defect::LosesWakes,
        "conn",
        "two_ends_answer_each_other_a_thousand_times",
    ),
    (
        Defect::DropsWhatItAccepted,
        "cancel",
        "an_accept_dropped_while_a_dial_is_under_way_loses_no_connection",
    ),
    (
        Defect::WakesEarly,
        "deadlines",
        "a_read_without_data_ends_at_its_deadline_and_not_before",
    ),
    (
        Defect::ConnectsRegardless,
        "cancel",
        "a_dial_that_was_given_up_closes_its_connection",
    ),
    (
        Defect::KeepsHalvesOpen,
        "half_close",
        "dropping_the_write_half_ends_the_stream_for_the_peer",
    ),
    (
        Defect::LosesTheEnd,
        "half_close",
        "a_read_that_waits_is_woken_by_the_end",
    ),
    (
        Defect::LosesWakes,
        "half_close",
        "a_read_that_waits_is_woken_by_the_end",
    ),
    (
        Defect::HidesResets,
        "reset",
        "a_peer_that_drops_unread_data_resets_the_connection",
    ),
    (Defect::PeeksForGood, "peek", "peeked_bytes_are_read_again"),
    (
        Defect::RoundsLingerDown,
        "reset",
        "a_close_with_less_than_a_second_of_linger_sends_everything",
    ),
    (
        Defect::LeaksListeners,
        "listener",
        "a_listener_that_is_gone_refuses_later_dials",
    ),
    (
        Defect::LosesKinds,
        "dial",
        "a_refused_dial_names_operation_network_and_address",
    ),
    (
        Defect::LeaksStreams,
        "eyeballs",
        "a_loser_that_connects_is_closed",
    ),
    (
        Defect::CutsInSilence,
        "udp",
        "a_datagram_that_does_not_fit_is_cut_and_said_to_be",
    ),
    (
        Defect::WakesTheLastAlone,
        "udp",
        "each_task_that_waits_on_one_socket_is_woken",
    ),
    (
        Defect::ForgetsAddresses,
        "unix",
        "a_path_can_be_printed_and_parsed",
    ),
    (
        Defect::ForgetsAddresses,
        "unix",
        "a_connection_on_a_path_carries_bytes_both_ways",
    ),
    (
        Defect::IgnoresOptions,
        "options",
        "an_option_that_the_host_does_not_have_is_refused_by_name",
    ),
    (
        Defect::IgnoresOptions,
        "options",
        "times_of_zero_for_keepalive_are_invalid_by_name",
    ),
    (
        Defect::NeverGivesWay,
        "starvation",
        "a_task_whose_connection_is_always_ready_lets_others_run",
    ),
    (
        Defect::LeaksStreams,
        "limits",
        "two_thousand_connections_in_a_row_leave_nothing_behind",
    ),
];

fn case(group: &str, name: &str) -> &'static Case {
    let mut cases = cases();
    let found = cases.find(|case| case.group() == group && case.name() == name);
    found.unwrap_or_else(|| panic!("no case {group}::{name}"))
}

#[test]
#[cfg_attr(target_family = "wasm", ignore = "needs threads")]
fn each_defect_is_found_out() {
    let verdicts = FOUND_OUT.map(|(defect, group, name)| {
        std::thread::spawn(move || {
            let patience = Duration::from_secs(5);
            let verdict = run_for(Mutant(defect), case(group, name), patience);
            (defect, group, name, verdict)
        })
    });
    for verdict in verdicts {
        let (defect, group, name, verdict) = verdict.join().unwrap();
        assert!(
            matches!(verdict, Verdict::Failed { .. }),
            "{group}::{name} does not find out that a backend {defect:?}: {verdict}"
        );
    }
}

#[test]
fn each_group_finds_something_out() {
    let groups: HashSet<_> = cases().map(Case::group).collect();
    let covered: HashSet<_> = FOUND_OUT.iter().map(|(_, group, _)| *group).collect();
    let others: Vec<_> = groups.difference(&covered).collect();
    assert_eq!(others, [&"types"], "whose defects do not compile");
}

#[test]
fn a_known_bug_that_is_gone_is_a_failure() {
    struct Mended;

    impl Fixture for Mended {
        type Backend = Host;

        fn backend(&self) -> Host {
            Network::new().host("test")
        }

        fn block_on<F: Future>(&self, case: F) -> F::Output {
            Builder::new().flavor(Flavor::CurrentThread).block_on(case)
        }

        fn known_bug(&self, _case: &Case) -> Option<String> {
            Some("was broken once".to_owned())
        }
    }

    let verdict = run_for(
        Mended,
        case("conn", "an_empty_write_sends_nothing"),
        Duration::MAX,
    );
    assert!(verdict.is_failure());
    assert!(verdict.to_string().contains("was broken once"), "{verdict}");
}
