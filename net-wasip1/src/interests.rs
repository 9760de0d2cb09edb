//! Which task waits for which socket, kept as the array that `poll_oneoff`
//! takes.
//!
//! The array is never rebuilt: an interest is pushed when a task begins to
//! wait and removed when it fires, each in constant time, and the host reads
//! the array in place. Its first entry is always the clock, so no poll is ever
//! empty (an empty one damages WasmEdge's poller for good) and each one ends.
//!
//! After the clock come the *hot* interests, which were added since everything
//! was last polled, then the *cold* ones. Hosts take time for each entry, so a
//! busy program polls the hot part, a prefix of the array.
//!
//! An interest in *quarantine* is not in the array: a poll that blocks would
//! end at once for it, without an event.

use std::task::Waker;
use std::time::Duration;

use slab::Slab;

use crate::subscription::{Direction, Subscription};

/// Identifies a registered socket; not its descriptor, which may be any 31-bit
/// number.
pub(crate) type Key = usize;

/// Which interests a poll covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    Hot,
    All,
    /// Those in quarantine too. Such a poll must not block.
    WithQuarantine,
}

/// Whether a socket carries a stream or datagrams.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    Stream,
    Datagram,
}

/// How many tasks may wait for one direction before those that no longer do
/// are removed.
const FIRST_SWEEP: usize = 8;

#[derive(Debug)]
struct Slot {
    fd: u32,
    shape: Shape,
    read: Side,
    write: Side,
}

/// Where the interest in one direction of a socket is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// No task waits.
    Nowhere,
    Array(usize),
    Quarantine,
}

/// One direction of a socket.
#[derive(Debug)]
struct Side {
    /// An operation may succeed: none has blocked since the last event.
    ready: bool,
    place: Place,
    /// It ended a poll without an event, and would do so again.
    quarantined: bool,
    waiting: Vec<Waker>,
    sweep_at: usize,
}

impl Side {
    fn new() -> Self {
        Side {
            // A new socket is tried before it is waited for.
            ready: true,
            place: Place::Nowhere,
            quarantined: false,
            waiting: Vec::new(),
            sweep_at: FIRST_SWEEP,
        }
    }
}

#[derive(Debug)]
pub(crate) struct Interests {
    slots: Slab<Slot>,
    array: Vec<Subscription>,
    hot_end: usize,
    quarantine: Vec<Subscription>,
    /// The array and the quarantine; kept for its memory.
    both: Vec<Subscription>,
}

impl Interests {
    pub(crate) fn new() -> Self {
        Interests {
            slots: Slab::new(),
            array: vec![Subscription::clock(Duration::ZERO)],
            hot_end: 1,
            quarantine: Vec::new(),
            both: Vec::new(),
        }
    }

    pub(crate) fn insert(&mut self, fd: u32, shape: Shape) -> Key {
        self.slots.insert(Slot {
            fd,
            shape,
            read: Side::new(),
            write: Side::new(),
        })
    }

    /// Removes a socket. Returns its wakers, to be dropped where no borrow is
    /// held: dropping one may run a task's destructors.
    #[must_use]
    pub(crate) fn remove(&mut self, key: Key) -> Vec<Waker> {
        let mut wakers = Vec::new();
        for direction in Direction::BOTH {
            self.withdraw(key, direction);
            wakers.append(&mut self.side(key, direction).waiting);
        }
        self.slots.remove(key);
        wakers
    }

    pub(crate) fn is_ready(&mut self, key: Key, direction: Direction) -> bool {
        self.side(key, direction).ready
    }

    /// An operation would block: the next one waits for an event.
    pub(crate) fn clear_ready(&mut self, key: Key, direction: Direction) {
        self.side(key, direction).ready = false;
    }

    /// Adds a task to those that wait. Returns wakers to wake: when the list has
    /// grown, all in it are woken, and those that still wait come back, so
    /// tasks that were cancelled do not pile up.
    #[must_use]
    pub(crate) fn wait(&mut self, key: Key, direction: Direction, waker: &Waker) -> Vec<Waker> {
        let side = self.side(key, direction);
        let mut swept = Vec::new();
        if !side.waiting.iter().any(|other| other.will_wake(waker)) {
            if side.waiting.len() >= side.sweep_at {
                side.sweep_at *= 2;
                swept.append(&mut side.waiting);
            }
            side.waiting.push(waker.clone());
        }
        if side.place == Place::Nowhere {
            self.enlist(key, direction);
        }
        swept
    }

    /// Handles an event: marks the direction ready, removes the interest, and
    /// moves the wakers of its tasks into `woken`.
    pub(crate) fn fire(&mut self, userdata: u64, woken: &mut Vec<Waker>) {
        let (key, direction) = subject_of(userdata);
        if !self.slots.contains(key) {
            return;
        }
        self.withdraw(key, direction);
        let side = self.side(key, direction);
        side.ready = true;
        side.sweep_at = FIRST_SWEEP;
        woken.append(&mut side.waiting);
    }

    /// Fires every interest.
    pub(crate) fn fire_all(&mut self, woken: &mut Vec<Waker>) {
        for interest in [&self.array[1..], &self.quarantine].concat() {
            self.fire(interest.userdata(), woken);
        }
    }

    /// Fires the interests that may have ended a poll without an event.
    pub(crate) fn fire_suspects(&mut self, woken: &mut Vec<Waker>) {
        for interest in self.suspects(Scope::WithQuarantine) {
            self.fire(interest.userdata(), woken);
        }
    }

    /// Returns the interests that may end a poll without an event: on WasmEdge,
    /// those of a datagram socket that has a pending error, and in writing to a
    /// peer that has closed its own direction.
    pub(crate) fn suspects(&mut self, scope: Scope) -> Vec<Subscription> {
        let mut suspects =
            self.subscriptions(scope, Subscription::clock(Duration::ZERO))[1..].to_vec();
        suspects.retain(|interest| {
            let (key, direction) = subject_of(interest.userdata());
            direction == Direction::Write || self.slots[key].shape == Shape::Datagram
        });
        suspects
    }

    /// Notes that an interest ends polls without an event. Its tasks are woken
    /// to try, and a stream's waits in quarantine from now on. A datagram
    /// socket's does not: the attempt takes the error that is the reason.
    pub(crate) fn quarantine(&mut self, userdata: u64, woken: &mut Vec<Waker>) {
        let (key, direction) = subject_of(userdata);
        if let Some(slot) = self.slots.get(key) {
            let is_stream = slot.shape == Shape::Stream;
            self.fire(userdata, woken);
            self.side(key, direction).quarantined = is_stream;
        }
    }

    pub(crate) fn has_quarantined(&self) -> bool {
        !self.quarantine.is_empty()
    }

    /// Returns the number of interests in the array.
    pub(crate) fn len(&self) -> usize {
        self.array.len() - 1
    }

    /// Returns how many of them are hot.
    pub(crate) fn hot(&self) -> usize {
        self.hot_end - 1
    }

    /// Makes all interests cold: those that come from now on are hot.
    pub(crate) fn cool(&mut self) {
        self.hot_end = 1;
    }

    /// Returns what to subscribe to, with the clock in front.
    pub(crate) fn subscriptions(&mut self, scope: Scope, clock: Subscription) -> &[Subscription] {
        self.array[0] = clock;
        match scope {
            Scope::Hot => &self.array[..self.hot_end],
            Scope::WithQuarantine if self.has_quarantined() => {
                self.both.clear();
                self.both.extend_from_slice(&self.array);
                self.both.extend_from_slice(&self.quarantine);
                &self.both
            }
            Scope::All | Scope::WithQuarantine => &self.array,
        }
    }

    fn side(&mut self, key: Key, direction: Direction) -> &mut Side {
        let slot = &mut self.slots[key];
        match direction {
            Direction::Read => &mut slot.read,
            Direction::Write => &mut slot.write,
        }
    }

    fn enlist(&mut self, key: Key, direction: Direction) {
        let userdata = userdata_of(key, direction);
        let interest = Subscription::socket(self.slots[key].fd, direction, userdata);
        if self.side(key, direction).quarantined {
            self.quarantine.push(interest);
            self.side(key, direction).place = Place::Quarantine;
            return;
        }
        let last = self.array.len();
        self.array.push(interest);
        self.side(key, direction).place = Place::Array(last);
        // A new one is hot: it changes places with the first cold one.
        self.swap(self.hot_end, last);
        self.hot_end += 1;
    }

    fn withdraw(&mut self, key: Key, direction: Direction) {
        match self.side(key, direction).place {
            Place::Nowhere => return,
            Place::Array(place) => self.remove_from_array(place),
            Place::Quarantine => {
                let userdata = userdata_of(key, direction);
                self.quarantine
                    .retain(|interest| interest.userdata() != userdata);
            }
        }
        self.side(key, direction).place = Place::Nowhere;
    }

    fn remove_from_array(&mut self, mut place: usize) {
        if place < self.hot_end {
            self.hot_end -= 1;
            self.swap(place, self.hot_end);
            place = self.hot_end;
        }
        self.swap(place, self.array.len() - 1);
        self.array.pop();
    }

    fn swap(&mut self, a: usize, b: usize) {
        if a == b {
            return;
        }
        self.array.swap(a, b);
        for place in [a, b] {
            let (key, direction) = subject_of(self.array[place].userdata());
            self.side(key, direction).place = Place::Array(place);
        }
    }
}

fn userdata_of(key: Key, direction: Direction) -> u64 {
    (key as u64) << 1 | u64::from(direction == Direction::Write)
}

fn subject_of(userdata: u64) -> (Key, Direction) {
    let direction = if userdata & 1 == 1 {
        Direction::Write
    } else {
        Direction::Read
    };
    // A host that reports another number than `userdata_of` made is ignored:
    // there is no such slot.
    (
        usize::try_from(userdata >> 1).unwrap_or(usize::MAX),
        direction,
    )
}

#[cfg(test)]
pub(crate) mod tests;
