//! The reactor against a scripted host, quirks of real ones included.

mod crowd;
mod failures;
mod waits;

use std::cell::{RefCell, RefMut};
use std::collections::{BTreeSet, VecDeque};
use std::rc::Rc;
use std::sync::Arc;

use super::*;
use crate::interests::tests::Bell;
use crate::interests::{Key, Shape};
use crate::subscription::Direction;

const WAIT: Blocking = Blocking::UntilEvent {
    unseen_tasks: false,
};
const WAIT_UNSEEN: Blocking = Blocking::UntilEvent { unseen_tasks: true };

/// How a poll ends.
enum Answer {
    /// These descriptors are ready after this time; with an errno, it failed.
    Ready(Duration, Vec<(u32, u16)>),
    /// Everything failed with this errno, the clock too.
    AllFailed(u16),
    /// Nothing happened, and the clock fires this late.
    LateClock(Duration),
    /// Just these events.
    Events(Vec<Event>),
    /// No event, although the time is not over.
    Nothing,
    /// The call itself failed.
    Failed(u16),
    /// The clock says that the time is over although it is not, and these
    /// descriptors failed.
    FalseClock(Vec<(u32, u16)>),
}

/// What was subscribed to in a poll.
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
    /// Polls that block and have one of these end at once, without an event.
    nameless: Vec<u32>,
    /// Whatever else happens, these are ready.
    ready: Vec<u32>,
    /// The time that a poll takes besides waiting, per subscription.
    cost: Duration,
    /// The time that a poll takes for each subscription that the poll before
    /// had not, or that only that had.
    churn: Duration,
    registered: BTreeSet<u64>,
    /// All of these times so far.
    spent: Duration,
    /// What the host says that a wake-up costs.
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

    fn granularity(&self) -> Duration {
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
        let mut spent = script.cost * u32::try_from(subscriptions.len()).unwrap();
        if !script.churn.is_zero() {
            let registered: BTreeSet<u64> =
                subscriptions.iter().map(Subscription::userdata).collect();
            let changed = script.registered.symmetric_difference(&registered).count();
            spent += script.churn * u32::try_from(changed).unwrap();
            script.registered = registered;
        }
        script.spent += spent;
        script.now += spent;
        let is_ready = |s: &Subscription| s.fd().is_some_and(|fd| script.ready.contains(&fd));
        let is_nameless = |s: &Subscription| s.fd().is_some_and(|fd| script.nameless.contains(&fd));
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
            None if subscriptions.iter().any(is_ready) => {
                let ready: Vec<(u32, u16)> = script.ready.iter().map(|&fd| (fd, 0)).collect();
                report(&ready);
            }
            None if !timeout.is_zero() && subscriptions.iter().any(is_nameless) => {}
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
            Some(Answer::LateClock(late)) => {
                script.now += timeout + late;
                events.push(Event::new(CLOCK, 0));
            }
            Some(Answer::Events(reported)) => *events = reported,
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
            nameless: Vec::new(),
            ready: Vec::new(),
            cost: Duration::ZERO,
            churn: Duration::ZERO,
            registered: BTreeSet::new(),
            spent: Duration::ZERO,
            wake_cost: Duration::ZERO,
        })));
        Bench {
            reactor: Reactor::new(host.clone()),
            host,
        }
    }

    fn script(&self) -> RefMut<'_, Script> {
        self.host.0.borrow_mut()
    }

    fn answer(&self, answer: Answer) {
        self.script().answers.push_back(answer);
    }

    /// Runs a turn, wakes, and returns the polls that were made.
    fn turn(&mut self, blocking: Blocking) -> Vec<Asked> {
        let mut woken = Vec::new();
        self.reactor.turn(blocking, &mut woken);
        woken.into_iter().for_each(Waker::wake);
        std::mem::take(&mut self.script().asked)
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
        self.turn(Blocking::Never);
        self.script().now += duration;
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
fn a_warm_up_polls_no_socket_and_loses_no_event() {
    let mut bench = Bench::new();
    let key = bench.socket(7, Shape::Stream);
    let bell = bench.wait_for(key, Direction::Read);
    bench.script().ready = vec![7];
    bench.reactor.warm_up();
    let asked = bench.turn(WAIT);
    assert_eq!((asked[0].fds.len(), asked[1].fds.len()), (0, 1));
    assert_eq!(bell.rings(), 1);
}

/// Events that a broken host makes up.
#[test]
fn events_that_were_not_subscribed_to_are_ignored() {
    let mut bench = Bench::new();
    let key = bench.socket(7, Shape::Stream);
    let bell = bench.wait_for(key, Direction::Read);
    let made_up = (1000..2000).map(|userdata| Event::new(userdata * 7, 0));
    bench.answer(Answer::Events(made_up.collect()));
    bench.turn(WAIT);
    assert_eq!(bell.rings(), 0);
    bench.answer(Answer::Ready(Duration::ZERO, vec![(7, 0)]));
    bench.turn(WAIT);
    assert_eq!(bell.rings(), 1);
}
