//! Limits, and what is told when one is reached.

use super::{guests, run};

const TIMED_OUT: Option<i32> = Some(124);

#[test]
fn a_guest_that_takes_too_long_is_124() {
    for guest in [guests::looping(), guests::waiting()] {
        let ended = run(&["--timeout=300ms"], &guest);
        let words = "net-run: the guest was stopped: time limit exceeded (--timeout=300ms)\n";
        assert_eq!((ended.code, &*ended.stderr), (TIMED_OUT, words));
        assert_eq!(ended.stdout, "ready\n");
    }
}

#[test]
fn a_guest_that_computes_too_long_is_124() {
    let ended = run(&["--max-cpu=200ms"], &guests::looping());
    let words = "net-run: the guest was stopped: \
                 CPU time limit exceeded (--max-cpu=200ms)\n";
    assert_eq!((ended.code, &*ended.stderr), (TIMED_OUT, words));
}

#[test]
fn too_many_sockets_and_too_much_memory_are_told_with_their_flags() {
    let ended = run(&["--max-sockets=3"], &guests::opening_sockets());
    assert_eq!(ended.code, Some(33));
    assert!(ended.stderr.contains("has 3 sockets"), "{ended:?}");
    assert!(ended.stderr.contains("--max-sockets"), "{ended:?}");
    for (size, fits) in [("64MiB", true), ("1MiB", false)] {
        let ended = run(&["--max-memory", size], &guests::growing(20));
        assert_eq!(ended.code, Some(i32::from(!fits)));
        assert_eq!(ended.stderr.is_empty(), fits, "{ended:?}");
        assert_eq!(ended.stderr.contains("--max-memory"), !fits, "{ended:?}");
    }
}
