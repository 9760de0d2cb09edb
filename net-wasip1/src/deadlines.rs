//! Timers for which the reactor wakes up exactly.

use std::task::Waker;
use std::time::Instant;

use slab::Slab;

/// Identifies a timer: its place, and a number that no other timer of the place has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TimerId {
    key: usize,
    number: u64,
}

/// A binary heap whose entries know where they are, so that any can be removed. It is
/// less code than a `BTreeMap`.
#[derive(Debug, Default)]
pub(crate) struct Deadlines {
    timers: Slab<Timer>,
    /// Keys of `timers`; none is due before its parent, which is at half its index.
    heap: Vec<usize>,
    next: u64,
}

#[derive(Debug)]
struct Timer {
    deadline: Instant,
    number: u64,
    waker: Waker,
    /// The index in the heap.
    at: usize,
}

impl Deadlines {
    pub(crate) fn insert(&mut self, deadline: Instant, waker: Waker) -> TimerId {
        let number = self.next;
        self.next += 1;
        let at = self.heap.len();
        let key = self.timers.insert(Timer {
            deadline,
            number,
            waker,
            at,
        });
        self.heap.push(key);
        self.rise(at);
        TimerId { key, number }
    }

    /// Replaces the task that a timer wakes. Returns `false` if it has fired, and
    /// the waker before, to be dropped where no borrow is held.
    #[must_use]
    pub(crate) fn replace(&mut self, id: TimerId, waker: &Waker) -> (bool, Option<Waker>) {
        match self.timers.get_mut(id.key) {
            Some(timer) if timer.number != id.number => (false, None),
            Some(timer) if timer.waker.will_wake(waker) => (true, None),
            Some(timer) => {
                let old = std::mem::replace(&mut timer.waker, waker.clone());
                (true, Some(old))
            }
            None => (false, None),
        }
    }

    /// Removes a timer. Returns its waker, to be dropped where no borrow is held.
    #[must_use]
    pub(crate) fn remove(&mut self, id: TimerId) -> Option<Waker> {
        let timer = self.timers.get(id.key)?;
        if timer.number != id.number {
            return None;
        }
        Some(self.remove_at(timer.at))
    }

    pub(crate) fn next(&self) -> Option<Instant> {
        self.heap.first().map(|&key| self.timers[key].deadline)
    }

    /// Moves the wakers of the timers that are due into `woken`.
    pub(crate) fn expire(&mut self, now: Instant, woken: &mut Vec<Waker>) {
        while self.next().is_some_and(|deadline| deadline <= now) {
            woken.push(self.remove_at(0));
        }
    }

    fn remove_at(&mut self, at: usize) -> Waker {
        let timer = self.timers.remove(self.heap.swap_remove(at));
        if let Some(&moved) = self.heap.get(at) {
            self.timers[moved].at = at;
            self.sink(at);
            self.rise(self.timers[moved].at);
        }
        timer.waker
    }

    fn rise(&mut self, mut at: usize) {
        while at > 0 && self.is_before(at, (at - 1) / 2) {
            self.swap(at, (at - 1) / 2);
            at = (at - 1) / 2;
        }
    }

    fn sink(&mut self, mut at: usize) {
        loop {
            let left = 2 * at + 1;
            let right = left + 1;
            if left >= self.heap.len() {
                return;
            }
            let child = if right < self.heap.len() && self.is_before(right, left) {
                right
            } else {
                left
            };
            if !self.is_before(child, at) {
                return;
            }
            self.swap(at, child);
            at = child;
        }
    }

    /// Whether one is due before the other; of equal ones, the one that was set first.
    fn is_before(&self, one: usize, other: usize) -> bool {
        let order = |at: usize| {
            let timer = &self.timers[self.heap[at]];
            (timer.deadline, timer.number)
        };
        order(one) < order(other)
    }

    fn swap(&mut self, one: usize, other: usize) {
        self.heap.swap(one, other);
        self.timers[self.heap[one]].at = one;
        self.timers[self.heap[other]].at = other;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use super::*;
    use crate::interests::tests::Bell;

    fn bell() -> (Arc<Bell>, Waker) {
        let bell = Arc::new(Bell::default());
        (Arc::clone(&bell), Waker::from(bell))
    }

    fn expire(deadlines: &mut Deadlines, now: Instant) {
        let mut woken = Vec::new();
        deadlines.expire(now, &mut woken);
        woken.into_iter().for_each(Waker::wake);
    }

    #[test]
    fn timers_fire_when_due_and_once() {
        let (mut deadlines, now) = (Deadlines::default(), Instant::now());
        let (early, waker) = bell();
        deadlines.insert(now + Duration::from_secs(1), waker);
        let (late, waker) = bell();
        deadlines.insert(now + Duration::from_secs(2), waker);
        assert_eq!(deadlines.next(), Some(now + Duration::from_secs(1)));
        for _ in 0..2 {
            expire(&mut deadlines, now + Duration::from_secs(1));
        }
        assert_eq!((early.rings(), late.rings()), (1, 0));
    }

    #[test]
    fn timers_of_one_instant_all_fire() {
        let (mut deadlines, now) = (Deadlines::default(), Instant::now());
        let (bell, waker) = bell();
        deadlines.insert(now, waker.clone());
        deadlines.insert(now, waker);
        expire(&mut deadlines, now);
        assert_eq!(bell.rings(), 2);
    }

    #[test]
    fn a_removed_timer_does_not_fire() {
        let (mut deadlines, now) = (Deadlines::default(), Instant::now());
        let (bell, waker) = bell();
        let id = deadlines.insert(now, waker);
        assert!(deadlines.remove(id).is_some());
        expire(&mut deadlines, now);
        assert_eq!(bell.rings(), 0);
        assert_eq!(deadlines.next(), None);
    }

    #[test]
    fn a_timer_wakes_the_task_that_polled_it_last() {
        let (mut deadlines, now) = (Deadlines::default(), Instant::now());
        let (first, waker) = bell();
        let id = deadlines.insert(now, waker.clone());
        assert!(matches!(deadlines.replace(id, &waker), (true, None)));
        let (second, waker) = bell();
        assert!(matches!(deadlines.replace(id, &waker), (true, Some(_))));
        expire(&mut deadlines, now);
        assert_eq!((first.rings(), second.rings()), (0, 1));
        assert!(matches!(deadlines.replace(id, &waker), (false, None)));
    }
}
