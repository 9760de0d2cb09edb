//! Timers for which the reactor wakes up exactly.

use std::collections::BTreeMap;
use std::task::Waker;
use std::time::Instant;

/// Identifies a timer: its deadline, and a number where several have the same.
pub(crate) type TimerId = (Instant, u64);

#[derive(Debug, Default)]
pub(crate) struct Deadlines {
    timers: BTreeMap<TimerId, Waker>,
    next: u64,
}

impl Deadlines {
    pub(crate) fn insert(&mut self, deadline: Instant, waker: Waker) -> TimerId {
        let id = (deadline, self.next);
        self.next += 1;
        self.timers.insert(id, waker);
        id
    }

    /// Replaces the task that a timer wakes. Returns `false` if it has fired, and
    /// the waker before, to be dropped where no borrow is held.
    #[must_use]
    pub(crate) fn replace(&mut self, id: TimerId, waker: &Waker) -> (bool, Option<Waker>) {
        match self.timers.get_mut(&id) {
            Some(old) if old.will_wake(waker) => (true, None),
            Some(old) => (true, Some(std::mem::replace(old, waker.clone()))),
            None => (false, None),
        }
    }

    /// Removes a timer. Returns its waker, to be dropped where no borrow is held.
    #[must_use]
    pub(crate) fn remove(&mut self, id: TimerId) -> Option<Waker> {
        self.timers.remove(&id)
    }

    pub(crate) fn next(&self) -> Option<Instant> {
        self.timers
            .first_key_value()
            .map(|(&(deadline, _), _)| deadline)
    }

    /// Moves the wakers of the timers that are due into `woken`.
    pub(crate) fn expire(&mut self, now: Instant, woken: &mut Vec<Waker>) {
        while let Some(entry) = self.timers.first_entry() {
            if entry.key().0 > now {
                break;
            }
            woken.push(entry.remove());
        }
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
