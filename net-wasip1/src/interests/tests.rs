use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Wake;

use proptest::prelude::*;

use super::*;

/// Counts how often it is woken.
#[derive(Default)]
pub(crate) struct Bell(AtomicUsize);

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

impl Bell {
    pub(crate) fn rings(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

fn waker() -> Waker {
    Waker::from(Arc::new(Bell::default()))
}

#[test]
fn a_new_socket_is_tried_before_it_is_waited_for() {
    let mut interests = Interests::new();
    let key = interests.insert(7, Shape::Stream);
    assert!(interests.is_ready(key, Direction::Read));
    interests.clear_ready(key, Direction::Read);
    assert!(!interests.is_ready(key, Direction::Read));
    assert!(interests.is_ready(key, Direction::Write));
}

#[test]
fn a_task_that_waits_twice_is_woken_once() {
    let mut interests = Interests::new();
    let key = interests.insert(7, Shape::Stream);
    let waker = waker();
    for _ in 0..3 {
        assert!(interests.wait(key, Direction::Read, &waker).is_empty());
    }
    let mut woken = Vec::new();
    interests.fire(userdata_of(key, Direction::Read), &mut woken);
    assert_eq!(woken.len(), 1);
    assert_eq!(interests.len(), 0);
}

#[test]
fn tasks_that_gave_up_do_not_pile_up() {
    let mut interests = Interests::new();
    let key = interests.insert(7, Shape::Datagram);
    let mut longest = 0;
    let mut live = waker();
    for round in 0..1000 {
        // Each of these tasks waits once and is never heard of again.
        let swept = interests.wait(key, Direction::Read, &waker());
        // This one comes back whenever it is woken.
        if round == 0 || swept.iter().any(|woken| woken.will_wake(&live)) {
            live = live.clone();
            let _ = interests.wait(key, Direction::Read, &live);
        }
        longest = longest.max(interests.slots[key].read.waiting.len());
        let mut woken = Vec::new();
        if round % 50 == 49 {
            interests.fire(userdata_of(key, Direction::Read), &mut woken);
            assert!(woken.iter().any(|woken| woken.will_wake(&live)));
            let _ = interests.wait(key, Direction::Read, &live);
        }
    }
    assert!(longest <= 64, "{longest} wakers at once");
}

#[test]
fn an_event_for_a_socket_that_is_gone_is_ignored() {
    let mut interests = Interests::new();
    let mut woken = Vec::new();
    interests.fire(userdata_of(99, Direction::Write), &mut woken);
    assert!(woken.is_empty());
}

#[derive(Debug, Clone)]
enum Step {
    Insert,
    Remove(usize),
    Wait(usize, bool),
    Fire(usize, bool),
    Cool,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        Just(Step::Insert),
        any::<usize>().prop_map(Step::Remove),
        any::<(usize, bool)>().prop_map(|(i, write)| Step::Wait(i, write)),
        any::<(usize, bool)>().prop_map(|(i, write)| Step::Fire(i, write)),
        Just(Step::Cool),
    ]
}

fn direction(write: bool) -> Direction {
    if write {
        Direction::Write
    } else {
        Direction::Read
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_array_holds_just_the_interests_the_hot_ones_first(
        steps in prop::collection::vec(step(), 0..200)
    ) {
        let mut interests = Interests::new();
        let mut keys: Vec<Key> = Vec::new();
        let mut hot: BTreeSet<u64> = BTreeSet::new();
        let mut cold: BTreeSet<u64> = BTreeSet::new();
        let mut fd = 100;
        for step in steps {
            match step {
                Step::Insert => {
                    keys.push(interests.insert(fd, Shape::Stream));
                    fd += 1;
                }
                Step::Cool => {
                    interests.cool();
                    cold.append(&mut hot);
                }
                _ if keys.is_empty() => {}
                Step::Remove(i) => {
                    let key = keys.swap_remove(i % keys.len());
                    let _ = interests.remove(key);
                    for direction in Direction::BOTH {
                        hot.remove(&userdata_of(key, direction));
                        cold.remove(&userdata_of(key, direction));
                    }
                }
                Step::Wait(i, write) => {
                    let key = keys[i % keys.len()];
                    let _ = interests.wait(key, direction(write), &waker());
                    let userdata = userdata_of(key, direction(write));
                    if !cold.contains(&userdata) {
                        hot.insert(userdata);
                    }
                }
                Step::Fire(i, write) => {
                    let userdata = userdata_of(keys[i % keys.len()], direction(write));
                    interests.fire(userdata, &mut Vec::new());
                    hot.remove(&userdata);
                    cold.remove(&userdata);
                }
            }
            let clock = Subscription::clock(Duration::ZERO);
            let all: Vec<u64> = interests.subscriptions(Scope::All, clock)[1..]
                .iter().map(Subscription::userdata).collect();
            let front: BTreeSet<u64> = all[..interests.hot()].iter().copied().collect();
            prop_assert_eq!(&front, &hot);
            let back: BTreeSet<u64> = all[interests.hot()..].iter().copied().collect();
            prop_assert_eq!(&back, &cold);
            prop_assert_eq!(all.len(), hot.len() + cold.len());
        }
    }
}
