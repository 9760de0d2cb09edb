//! Timers that the reactor wakes for exactly.

use std::collections::BTreeMap;
use std::task::Waker;
use std::time::Instant;

/// Names a timer: its deadline, and a number where several have the same.
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

    /// Gives the timer another task to wake; `false` if it has fired.
    #[must_use]
    pub(crate) fn replace(&mut self, id: TimerId, waker: &Waker) -> (bool, Option<Waker>) {
        match self.timers.get_mut(&id) {
            Some(old) if old.will_wake(waker) => (true, None),
            Some(old) => (true, Some(std::mem::replace(old, waker.clone()))),
            None => (false, None),
        }
    }

    /// Forgets a timer. Its waker is given back, to be dropped where no borrow
    /// is held.
    #[must_use]
    pub(crate) fn remove(&mut self, id: TimerId) -> Option<Waker> {
        self.timers.remove(&id)
    }

    pub(crate) fn next(&self) -> Option<Instant> {
        self.timers
            .first_key_value()
            .map(|(&(deadline, _), _)| deadline)
    }

    /// Moves the tasks whose time has come into `woken`.
    pub(crate) fn expire(&mut self, now: Instant, woken: &mut Vec<Waker>) {
        while let Some(entry) = self.timers.first_entry() {
            if entry.key().0 > now {
                break;
            }
            woken.push(entry.remove());
        }
    }
}
