//! How long the reactor waits, and how late that makes timers.

use super::*;

#[test]
fn waits_grow_to_an_eighth_of_the_quiet_time() {
    let mut bench = Bench::new();
    assert_eq!(bench.turn(WAIT)[0].timeout, millis(1));
    bench.quiet(millis(40));
    assert_eq!(bench.turn(WAIT)[0].timeout, millis(5));
    bench.quiet(Duration::from_secs(4));
    assert_eq!(bench.turn(WAIT)[0].timeout, millis(500));
}

#[test]
fn no_wait_is_longer_than_a_second() {
    for wait in [WAIT, WAIT_UNSEEN] {
        let mut bench = Bench::new();
        bench.script().wake_cost = Duration::from_secs(1);
        bench.quiet(Duration::from_secs(8 * 60 * 60));
        assert_eq!(bench.turn(wait)[0].timeout, Duration::from_secs(1));
    }
}

#[test]
fn a_task_that_begins_to_wait_for_a_socket_ends_the_quiet_time() {
    let mut bench = Bench::new();
    let key = bench.socket(7, Shape::Stream);
    bench.quiet(Duration::from_secs(80));
    let bell = Arc::new(Bell::default());
    bench.reactor.interests.clear_ready(key, Direction::Read);
    let waker = Waker::from(Arc::clone(&bell));
    assert!(bench.reactor.wait(key, Direction::Read, &waker).is_empty());
    assert_eq!(bench.turn(WAIT)[0].timeout, millis(1));
}

#[test]
fn waits_are_short_again_after_anything_ran() {
    let mut bench = Bench::new();
    bench.quiet(Duration::from_secs(80));
    bench.reactor.note_activity();
    assert_eq!(bench.turn(WAIT)[0].timeout, millis(1));
}

/// A program with one socket, quiet for long, where tasks may sleep unseen.
fn quiet_with_unseen_tasks(cost: Duration, wake_cost: Duration) -> Bench {
    let mut bench = Bench::new();
    bench.script().cost = cost;
    bench.script().wake_cost = wake_cost;
    let key = bench.socket(7, Shape::Stream);
    let _bell = bench.wait_for(key, Direction::Read);
    for _ in 0..200 {
        bench.turn(WAIT_UNSEEN);
    }
    bench
}

#[test]
fn tasks_that_may_sleep_unseen_cap_the_wait_by_what_a_wake_up_costs() {
    let unseen_wait = |cost, wake_cost| {
        let asked = quiet_with_unseen_tasks(cost, wake_cost).turn(WAIT_UNSEEN);
        asked.last().unwrap().timeout
    };
    let micros = Duration::from_micros;
    assert_eq!(unseen_wait(micros(0), micros(0)), millis(10));
    assert_eq!(unseen_wait(micros(0), micros(100)), millis(20));
    // A poll has the clock and the socket, and counts three times.
    assert_eq!(unseen_wait(micros(15), micros(10)), millis(20));
    assert_eq!(unseen_wait(micros(500), micros(100)), millis(620));
    assert_eq!(unseen_wait(millis(5), micros(100)), Duration::from_secs(1));
}

#[test]
fn a_disturbed_wake_up_hardly_counts() {
    let mut bench = quiet_with_unseen_tasks(Duration::ZERO, Duration::from_micros(100));
    bench.answer(Answer::LateClock(millis(80)));
    bench.turn(WAIT_UNSEEN);
    let asked = bench.turn(WAIT_UNSEEN);
    assert!(asked.last().unwrap().timeout <= millis(25));
}

#[test]
fn a_wait_that_ends_too_early_does_not_count() {
    let mut bench = quiet_with_unseen_tasks(Duration::from_micros(500), Duration::ZERO);
    bench.answer(Answer::FalseClock(vec![]));
    bench.turn(WAIT_UNSEEN);
    let asked = bench.turn(WAIT_UNSEEN);
    assert_eq!(asked.last().unwrap().timeout, millis(600));
}

#[test]
fn a_deadline_ends_the_wait_exactly() {
    let mut bench = Bench::new();
    bench.quiet(Duration::from_secs(80));
    let start = bench.host.now();
    let bell = Arc::new(Bell::default());
    let waker = Waker::from(Arc::clone(&bell));
    bench.reactor.deadlines.insert(start + millis(7), waker);
    while bell.rings() == 0 {
        bench.turn(WAIT);
    }
    assert_eq!(bench.elapsed(start), millis(7));
}

#[test]
fn a_deadline_that_has_passed_wakes_without_a_wait() {
    let mut bench = Bench::new();
    let bell = Arc::new(Bell::default());
    let waker = Waker::from(Arc::clone(&bell));
    let now = bench.host.now();
    bench.reactor.deadlines.insert(now, waker);
    assert_eq!(bench.turn(WAIT)[0].timeout, Duration::ZERO);
    assert_eq!(bell.rings(), 1);
}

#[test]
fn a_turn_that_must_not_block_does_not() {
    let mut bench = Bench::new();
    let key = bench.socket(7, Shape::Stream);
    let bell = bench.wait_for(key, Direction::Read);
    let start = bench.host.now();
    bench.answer(Answer::Ready(Duration::ZERO, vec![(7, 0)]));
    bench.turn(Blocking::Never);
    assert_eq!(bench.elapsed(start), Duration::ZERO);
    assert_eq!(bell.rings(), 1);
}

#[test]
fn the_time_since_the_last_poll_counts_from_the_last_turn() {
    let mut bench = Bench::new();
    bench.turn(WAIT);
    bench.script().now += millis(3);
    assert_eq!(bench.reactor.since_last_poll(), millis(3));
    bench.turn(Blocking::Never);
    assert_eq!(bench.reactor.since_last_poll(), Duration::ZERO);
}

#[test]
fn a_false_clock_fires_no_deadline() {
    let mut bench = Bench::new();
    let bell = Arc::new(Bell::default());
    let waker = Waker::from(Arc::clone(&bell));
    let deadline = bench.host.now() + millis(5);
    bench.reactor.deadlines.insert(deadline, waker);
    bench.answer(Answer::FalseClock(vec![]));
    bench.turn(WAIT);
    assert_eq!(bell.rings(), 0);
}
