//! The reactor against a scripted host, quirks of real ones included.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;

use super::*;
use crate::interests::tests::Bell;
use crate::interests::{Key, Shape};
use crate::subscription::Direction;

const WAIT: Patience = Patience::Wait { unseen: false };
const WAIT_UNSEEN: Patience = Patience::Wait { unseen: true };

/// What a poll answers.
enum Answer {
    /// These descriptors are ready after this time; with an errno, it failed.
    Ready(Duration, Vec<(u32, u16)>),
    /// Everything failed with this errno, the clock too.
    AllFailed(u16),
    /// No event, although the time is not over.
    Nothing,
    /// The call itself failed.
    Failed(u16),
    /// The clock says that the time is over although it is not, and these
    /// descriptors failed.
    FalseClock(Vec<(u32, u16)>),
}

/// What was asked in a poll.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Asked {
    fds: Vec<u32>,
    timeout: Duration,
}

struct Script {
    now: Instant,
    answers: VecDeque<Answer>,
    asked: Vec<Asked>,
    /// Polls with a descriptor end at once, without an event.
    tells_nothing: bool,
    /// What a poll takes besides waiting, per subscription.
    cost: Duration,
    /// What the host says that a wait costs.
    wake_cost: Duration,
}

#[derive(Clone)]
struct ScriptedHost(Rc<RefCell<Script>>);

impl Host for ScriptedHost {
    fn now(&self) -> Instant {
        self.0.borrow().now
    }

    fn timeout_for(&self, wait: Duration) -> Duration {
        wait
    }

    fn shortest_wait(&self) -> Duration {
        millis(1)
    }

    fn wake_cost(&self) -> Duration {
        self.0.borrow().wake_cost
    }

    fn poll(&mut self, subscriptions: &[Subscription], events: &mut Vec<Event>) -> Result<(), u16> {
        let mut script = self.0.borrow_mut();
        let script = &mut *script;
        assert_eq!(subscriptions[0].userdata(), CLOCK, "the clock comes first");
        let timeout = subscriptions[0].timeout();
        let fds: Vec<u32> = subscriptions[1..]
            .iter()
            .filter_map(Subscription::fd)
            .collect();
        script.asked.push(Asked { fds, timeout });
        script.now += script.cost * u32::try_from(subscriptions.len()).unwrap();
        events.clear();
        let mut report = |fds: &[(u32, u16)]| {
            for subscription in &subscriptions[1..] {
                let ready = fds.iter().find(|(fd, _)| subscription.fd() == Some(*fd));
                if let Some(&(_, errno)) = ready {
                    events.push(Event::new(subscription.userdata(), errno));
                }
            }
        };
        match script.answers.pop_front() {
            None if script.tells_nothing && subscriptions.len() > 1 => {}
            None => {
                script.now += timeout;
                events.push(Event::new(CLOCK, 0));
            }
            Some(Answer::Ready(after, fds)) => {
                script.now += after;
                report(&fds);
            }
            Some(Answer::AllFailed(errno)) => {
                for subscription in subscriptions {
                    events.push(Event::new(subscription.userdata(), errno));
                }
            }
            Some(Answer::Nothing) => {}
            Some(Answer::Failed(errno)) => return Err(errno),
            Some(Answer::FalseClock(fds)) => {
                report(&fds);
                events.push(Event::new(CLOCK, 0));
            }
        }
        Ok(())
    }
}

/// A reactor on a scripted host.
struct Bench {
    reactor: Reactor<ScriptedHost>,
    host: ScriptedHost,
}

impl Bench {
    fn new() -> Self {
        let host = ScriptedHost(Rc::new(RefCell::new(Script {
            now: Instant::now(),
            answers: VecDeque::new(),
            asked: Vec::new(),
            tells_nothing: false,
            cost: Duration::ZERO,
            wake_cost: Duration::ZERO,
        })));
        Bench {
            reactor: Reactor::new(host.clone()),
            host,
        }
    }

    fn answer(&self, answer: Answer) {
        self.host.0.borrow_mut().answers.push_back(answer);
    }

    /// Runs a turn, wakes, and gives the polls that were made.
    fn turn(&mut self, patience: Patience) -> Vec<Asked> {
        let mut woken = Vec::new();
        self.reactor.turn(patience, &mut woken);
        woken.into_iter().for_each(Waker::wake);
        std::mem::take(&mut self.host.0.borrow_mut().asked)
    }

    fn socket(&mut self, fd: u32, shape: Shape) -> Key {
        self.reactor.interests.insert(fd, shape)
    }

    fn wait_for(&mut self, key: Key, direction: Direction) -> Arc<Bell> {
        let bell = Arc::new(Bell::default());
        let waker = Waker::from(Arc::clone(&bell));
        self.reactor.interests.clear_ready(key, direction);
        let swept = self.reactor.interests.wait(key, direction, &waker);
        assert!(swept.is_empty());
        bell
    }

    fn elapsed(&self, since: Instant) -> Duration {
        self.host.now() - since
    }

    /// Makes everything quiet for a while.
    fn quiet(&mut self, duration: Duration) {
        self.reactor.note_activity();
        self.turn(Patience::None);
        self.host.0.borrow_mut().now += duration;
    }
}

fn millis(count: u64) -> Duration {
    Duration::from_millis(count)
}

#[test]
fn a_poll_without_interests_still_has_the_clock() {
    let asked = Bench::new().turn(WAIT);
    assert_eq!(asked.len(), 1);
    assert!(asked[0].fds.is_empty());
}

#[test]
fn a_ready_socket_wakes_its_task_and_is_not_polled_again() {
    let mut bench = Bench::new();
    let key = bench.socket(7, Shape::Stream);
    let bell = bench.wait_for(key, Direction::Read);
    bench.answer(Answer::Ready(Duration::ZERO, vec![(7, 0)]));
    assert_eq!(bench.turn(WAIT)[0].fds, [7]);
    assert_eq!(bell.rings(), 1);
    assert!(bench.reactor.interests.is_ready(key, Direction::Read));
    assert!(bench.turn(WAIT)[0].fds.is_empty());
}

#[test]
fn a_closed_socket_is_never_polled() {
    let mut bench = Bench::new();
    let key = bench.socket(7, Shape::Stream);
    let _read = bench.wait_for(key, Direction::Read);
    let _write = bench.wait_for(key, Direction::Write);
    assert_eq!(bench.reactor.interests.remove(key).len(), 2);
    assert!(bench.turn(WAIT)[0].fds.is_empty());
}

#[test]
fn waits_grow_to_an_eighth_of_the_quiet_time() {
    let mut bench = Bench::new();
    assert_eq!(bench.turn(WAIT)[0].timeout, millis(1));
    bench.quiet(millis(40));
    assert_eq!(bench.turn(WAIT)[0].timeout, millis(5));
    bench.quiet(Duration::from_secs(80));
    // The first poll of a long wait is to learn what a poll costs.
    let asked = bench.turn(WAIT);
    assert_eq!(asked.last().unwrap().timeout, Duration::from_secs(10));
}

#[test]
fn waits_are_short_again_after_anything_ran() {
    let mut bench = Bench::new();
    bench.quiet(Duration::from_secs(80));
    bench.reactor.note_activity();
    assert_eq!(bench.turn(WAIT)[0].timeout, millis(1));
}

/// The wait that a quiet program settles on while tasks may sleep unseen.
fn unseen_wait(cost: Duration, wake_cost: Duration) -> Duration {
    let mut bench = Bench::new();
    bench.host.0.borrow_mut().cost = cost;
    bench.host.0.borrow_mut().wake_cost = wake_cost;
    bench.reactor.warm_up(&mut Vec::new());
    let key = bench.socket(7, Shape::Stream);
    let _bell = bench.wait_for(key, Direction::Read);
    bench.quiet(Duration::from_secs(80));
    bench.turn(WAIT_UNSEEN);
    bench.turn(WAIT_UNSEEN)[0].timeout
}

#[test]
fn tasks_that_may_sleep_unseen_cap_the_wait_by_what_it_costs() {
    let micros = Duration::from_micros;
    assert_eq!(unseen_wait(micros(0), micros(0)), millis(10));
    assert_eq!(unseen_wait(micros(0), micros(100)), millis(20));
    // What a socket adds to a poll counts more when nothing is in the caches;
    // what an empty poll costs is in the host's number.
    assert_eq!(unseen_wait(micros(50), micros(100)), millis(140));
    assert_eq!(unseen_wait(millis(5), micros(100)), millis(250));
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
fn without_patience_nothing_is_waited_for() {
    let mut bench = Bench::new();
    let key = bench.socket(7, Shape::Stream);
    let bell = bench.wait_for(key, Direction::Read);
    let start = bench.host.now();
    bench.answer(Answer::Ready(Duration::ZERO, vec![(7, 0)]));
    bench.turn(Patience::None);
    assert_eq!(bench.elapsed(start), Duration::ZERO);
    assert_eq!(bell.rings(), 1);
}

/// WasmEdge: an error on a datagram socket ends the poll and names nothing.
#[test]
fn a_poll_that_tells_nothing_wakes_who_may_be_meant() {
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

/// WasmEdge: a peer that closed while a write waits makes every poll end at
/// once.
#[test]
fn polls_that_keep_telling_nothing_do_not_spin() {
    let mut bench = Bench::new();
    bench.host.0.borrow_mut().tells_nothing = true;
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
fn a_pause_after_setbacks_is_followed_by_a_look_at_the_sockets() {
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

/// WasmEdge without descriptors for its poller: every entry fails.
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

/// WasmEdge after Ctrl-Z and fg: all fails once, then the descriptor fails
/// beside a clock that lies.
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

#[test]
fn a_busy_program_looks_at_idle_sockets_only_now_and_then_but_does() {
    let mut bench = Bench::new();
    bench.host.0.borrow_mut().cost = Duration::from_micros(1);
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
    assert!(
        subscriptions < turns * 100,
        "{subscriptions} were looked at"
    );
    // An idle one becomes ready: it is found although the other stays busy.
    let ready_since = bench.host.now();
    while idle[500].rings() == 0 {
        let _bell = bench.wait_for(busy, Direction::Read);
        bench.answer(Answer::Ready(
            Duration::from_micros(20),
            vec![(7, 0), (1500, 0)],
        ));
        bench.turn(WAIT);
        assert!(bench.elapsed(ready_since) <= millis(50), "never looked at");
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

#[test]
fn the_time_since_sockets_were_looked_at_counts_from_the_last_turn() {
    let mut bench = Bench::new();
    bench.turn(WAIT);
    bench.host.0.borrow_mut().now += millis(3);
    assert_eq!(bench.reactor.since_last_poll(), millis(3));
    bench.turn(Patience::None);
    assert_eq!(bench.reactor.since_last_poll(), Duration::ZERO);
}

#[test]
fn a_warm_up_wakes_whom_it_finds_ready() {
    let mut bench = Bench::new();
    let key = bench.socket(7, Shape::Stream);
    let bell = bench.wait_for(key, Direction::Read);
    bench.answer(Answer::Ready(Duration::ZERO, vec![(7, 0)]));
    let mut woken = Vec::new();
    bench.reactor.warm_up(&mut woken);
    woken.into_iter().for_each(Waker::wake);
    assert_eq!(bell.rings(), 1);
}
