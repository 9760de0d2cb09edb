//! Polls that fail, and polls that end without an event.

use super::*;

#[test]
fn a_poll_without_an_event_wakes_the_tasks_that_it_may_concern() {
    let mut bench = Bench::new();
    let stream = bench.socket(7, Shape::Stream);
    let datagram = bench.socket(8, Shape::Datagram);
    let reader = bench.wait_for(stream, Direction::Read);
    let writer = bench.wait_for(stream, Direction::Write);
    let receiver = bench.wait_for(datagram, Direction::Read);
    bench.answer(Answer::Nothing);
    bench.turn(WAIT);
    assert_eq!(reader.rings(), 0);
    assert_eq!(writer.rings(), 1);
    assert_eq!(receiver.rings(), 1);
}

#[test]
fn polls_that_keep_ending_without_an_event_do_not_spin() {
    let mut bench = Bench::new();
    bench.script().tells_nothing = true;
    let key = bench.socket(7, Shape::Stream);
    let bell = Arc::new(Bell::default());
    let start = bench.host.now();
    let mut polls = 0;
    while bench.elapsed(start) < millis(100) {
        // The task that is woken tries again, and waits again.
        bench.reactor.interests.clear_ready(key, Direction::Write);
        let waker = Waker::from(Arc::clone(&bell));
        let _ = bench.reactor.interests.wait(key, Direction::Write, &waker);
        polls += bench.turn(WAIT).len();
        assert!(polls < 200, "spins");
    }
    assert!(bell.rings() > 5, "the task is tried again now and then");
}

#[test]
fn a_pause_after_a_failure_is_followed_by_a_poll_of_the_sockets() {
    let mut bench = Bench::new();
    let key = bench.socket(7, Shape::Stream);
    bench.answer(Answer::Failed(28));
    bench.turn(WAIT);
    let bell = bench.wait_for(key, Direction::Read);
    bench.quiet(millis(800));
    bench.answer(Answer::Ready(millis(1), vec![]));
    bench.answer(Answer::Ready(Duration::ZERO, vec![(7, 0)]));
    let asked = bench.turn(WAIT);
    assert!(asked[0].fds.is_empty(), "the pause: {asked:?}");
    assert_eq!(bell.rings(), 1);
    // Something was told, so there is no pause any more.
    let _bell = bench.wait_for(key, Direction::Read);
    assert_eq!(bench.turn(WAIT)[0].fds, [7]);
}

#[test]
fn a_poll_in_which_all_fails_wakes_and_then_pauses() {
    let mut bench = Bench::new();
    let key = bench.socket(7, Shape::Stream);
    let bell = bench.wait_for(key, Direction::Read);
    bench.answer(Answer::AllFailed(8));
    bench.turn(WAIT);
    assert_eq!(bell.rings(), 1);
    let _bell = bench.wait_for(key, Direction::Read);
    assert!(bench.turn(WAIT)[0].fds.is_empty(), "no pause");
}

#[test]
fn a_stopped_and_continued_host_loses_no_task() {
    let mut bench = Bench::new();
    let key = bench.socket(7, Shape::Stream);
    let first = bench.wait_for(key, Direction::Read);
    bench.answer(Answer::AllFailed(27));
    bench.turn(WAIT);
    assert_eq!(first.rings(), 1);
    let second = bench.wait_for(key, Direction::Read);
    bench.answer(Answer::FalseClock(vec![]));
    bench.answer(Answer::FalseClock(vec![(7, 20)]));
    bench.turn(WAIT);
    bench.turn(WAIT);
    assert_eq!(second.rings(), 1);
}

/// A stream whose peer has closed its own direction and does not read, beside
/// streams that only wait.
struct HalfClosed {
    bench: Bench,
    key: Key,
    bell: Arc<Bell>,
}

impl HalfClosed {
    const FD: u32 = 7;

    fn new() -> Self {
        let mut bench = Bench::new();
        bench.script().cost = Duration::from_micros(1);
        bench.script().nameless = vec![HalfClosed::FD];
        for fd in 100..140 {
            let key = bench.socket(fd, Shape::Stream);
            bench.wait_for(key, Direction::Read);
            bench.wait_for(key, Direction::Write);
        }
        let key = bench.socket(HalfClosed::FD, Shape::Stream);
        let bell = bench.wait_for(key, Direction::Write);
        HalfClosed { bench, key, bell }
    }

    /// Until the host has shown which socket it is, and its task waits again.
    fn found() -> Self {
        let mut this = HalfClosed::new();
        this.bench.turn(WAIT);
        this.wait_again();
        this
    }

    fn wait_again(&mut self) {
        assert_eq!(self.bell.rings(), 1, "the task did not try");
        self.bell = self.bench.wait_for(self.key, Direction::Write);
    }
}

#[test]
fn a_socket_that_ends_polls_without_an_event_delays_no_other() {
    let mut half_closed = HalfClosed::found();
    let bench = &mut half_closed.bench;
    for fd in 100..140 {
        bench.quiet(Duration::from_secs(1));
        let start = bench.host.now();
        // A scan, which finds nothing, and a wait.
        bench.answer(Answer::LateClock(Duration::ZERO));
        bench.answer(Answer::Ready(millis(3), vec![(fd, 0)]));
        for asked in bench.turn(WAIT) {
            assert!(asked.fds.contains(&fd), "a pause: {asked:?}");
            let blocks = !asked.timeout.is_zero();
            assert!(!blocks || !asked.fds.contains(&HalfClosed::FD), "spins");
        }
        assert!(bench.elapsed(start) < millis(4));
    }
}

#[test]
fn a_socket_that_ends_polls_without_an_event_is_found_by_halves() {
    let mut half_closed = HalfClosed::new();
    let polls = half_closed.bench.turn(WAIT);
    assert!(polls.len() < 16, "{} polls", polls.len());
    half_closed.wait_again();
}

#[test]
fn a_socket_in_quarantine_costs_an_idle_program_little() {
    let mut half_closed = HalfClosed::found();
    let bench = &mut half_closed.bench;
    let (start, mut polls) = (bench.host.now(), 0);
    while bench.elapsed(start) < Duration::from_secs(60) {
        polls += bench.turn(WAIT).len();
    }
    assert!(polls < 400, "{polls} polls in a minute");
    assert_eq!(half_closed.bell.rings(), 0, "woken for nothing");
}

#[test]
fn a_socket_in_quarantine_is_late_by_an_eighth_of_its_wait_at_most() {
    for waited in [millis(1), millis(80), Duration::from_secs(2)] {
        let mut half_closed = HalfClosed::found();
        let bench = &mut half_closed.bench;
        let start = bench.host.now();
        while bench.elapsed(start) < waited {
            bench.turn(WAIT);
        }
        let readable_again = bench.host.now();
        let since = bench.elapsed(start);
        bench.script().ready = vec![HalfClosed::FD];
        while half_closed.bell.rings() == 0 {
            bench.turn(WAIT);
        }
        let late = bench.elapsed(readable_again);
        assert!(late <= since / 8 + millis(2), "{late:?} after {since:?}");
    }
}

#[test]
fn a_socket_in_quarantine_is_tried_while_others_are_busy() {
    let mut half_closed = HalfClosed::found();
    let bench = &mut half_closed.bench;
    let busy = bench.socket(8, Shape::Stream);
    bench.script().ready = vec![8, HalfClosed::FD];
    let start = bench.host.now();
    while half_closed.bell.rings() == 0 {
        let _bell = bench.wait_for(busy, Direction::Read);
        bench.turn(WAIT);
        assert!(bench.elapsed(start) < millis(50), "starves");
    }
}

#[test]
fn a_closed_socket_leaves_the_quarantine() {
    let HalfClosed { mut bench, key, .. } = HalfClosed::found();
    bench.turn(WAIT);
    assert_eq!(bench.reactor.interests.remove(key).len(), 1);
    for asked in bench.turn(WAIT) {
        assert!(!asked.fds.contains(&HalfClosed::FD));
    }
}

/// WasmEdge: the attempt that follows takes the error.
#[test]
fn an_error_of_a_datagram_socket_wakes_its_task_and_pauses_nothing() {
    let mut bench = Bench::new();
    let datagram = bench.socket(7, Shape::Datagram);
    let other = bench.socket(8, Shape::Datagram);
    let bell = bench.wait_for(datagram, Direction::Read);
    let silent = bench.wait_for(other, Direction::Read);
    bench.script().nameless = vec![7];
    bench.turn(WAIT);
    assert_eq!((bell.rings(), silent.rings()), (1, 0));
    bench.script().nameless.clear();
    let _bell = bench.wait_for(datagram, Direction::Read);
    assert_eq!(bench.turn(WAIT)[0].fds.len(), 2, "a pause");
}
