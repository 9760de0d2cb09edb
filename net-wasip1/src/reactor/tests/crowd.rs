//! Many idle sockets, beside busy ones and alone.

use super::*;

#[test]
fn a_busy_program_scans_idle_sockets_now_and_then() {
    let mut bench = Bench::new();
    bench.script().cost = Duration::from_micros(1);
    let idle: Vec<Arc<Bell>> = (1000..2000)
        .map(|fd| {
            let key = bench.socket(fd, Shape::Stream);
            bench.wait_for(key, Direction::Read)
        })
        .collect();
    let busy = bench.socket(7, Shape::Stream);
    let mut subscriptions = 0;
    let start = bench.host.now();
    while bench.elapsed(start) < millis(200) {
        let _bell = bench.wait_for(busy, Direction::Read);
        bench.answer(Answer::Ready(Duration::from_micros(20), vec![(7, 0)]));
        for asked in bench.turn(WAIT) {
            subscriptions += asked.fds.len();
        }
    }
    let turns = 200_000 / 20;
    assert!(subscriptions < turns * 100, "{subscriptions} were polled");
    // An idle one becomes ready: it is found although the other stays busy.
    let ready_since = bench.host.now();
    while idle[500].rings() == 0 {
        let _bell = bench.wait_for(busy, Direction::Read);
        bench.answer(Answer::Ready(
            Duration::from_micros(20),
            vec![(7, 0), (1500, 0)],
        ));
        bench.turn(WAIT);
        assert!(bench.elapsed(ready_since) <= millis(50), "never polled");
    }
}

#[test]
fn an_idle_program_waits_for_all_its_sockets() {
    let mut bench = Bench::new();
    for fd in 0..1000 {
        let key = bench.socket(fd, Shape::Stream);
        let _bell = bench.wait_for(key, Direction::Read);
    }
    bench.quiet(Duration::from_secs(10));
    bench.turn(WAIT);
    let asked = bench.turn(WAIT);
    assert_eq!(asked.last().unwrap().fds.len(), 1000);
    assert!(asked.last().unwrap().timeout > millis(100));
}

/// WasmEdge: each poll registers what the one before had not, and removes what
/// only that had.
#[test]
fn scans_take_a_small_part_of_a_busy_programs_time_as_they_are_used() {
    let mut bench = Bench::new();
    bench.script().cost = Duration::from_micros(1);
    bench.script().churn = Duration::from_micros(1);
    for fd in 1000..2000 {
        let key = bench.socket(fd, Shape::Stream);
        bench.wait_for(key, Direction::Read);
    }
    let busy = bench.socket(7, Shape::Stream);
    let start = bench.host.now();
    while bench.elapsed(start) < Duration::from_secs(1) {
        let _bell = bench.wait_for(busy, Direction::Read);
        bench.answer(Answer::Ready(Duration::from_micros(100), vec![(7, 0)]));
        bench.turn(WAIT);
    }
    let spent = bench.script().spent;
    assert!(spent < millis(150), "{spent:?} of 1 s");
}

/// The part of its time that a quiet program polls, in thousandths.
fn idle_cost(sockets: u32, cost: Duration, blocking: Blocking) -> u128 {
    let mut bench = Bench::new();
    bench.script().cost = cost;
    for fd in 0..sockets {
        let key = bench.socket(fd, Shape::Stream);
        let _bell = bench.wait_for(key, Direction::Read);
    }
    let start = bench.host.now();
    let mut before = Duration::ZERO;
    while bench.elapsed(start) < Duration::from_secs(70) {
        if bench.elapsed(start) < Duration::from_secs(10) {
            before = bench.script().spent;
        }
        bench.turn(blocking);
    }
    bench.script().spent.saturating_sub(before).as_nanos() * 1000
        / Duration::from_secs(60).as_nanos()
}

#[test]
fn an_idle_program_takes_half_a_hundredth_of_a_core_at_most() {
    for cost in [150, 1_000, 2_300].map(Duration::from_nanos) {
        for sockets in [1, 100, 1_000, 2_000] {
            let (seen, unseen) = (
                idle_cost(sockets, cost, WAIT),
                idle_cost(sockets, cost, WAIT_UNSEEN),
            );
            assert!(seen <= 5 && unseen <= 5, "{sockets}: {seen}, {unseen}");
        }
    }
}
