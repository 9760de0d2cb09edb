//! Who waits for which socket, kept as the array that `poll_oneoff` takes.
//!
//! The array is never rebuilt: an interest is pushed when a task begins to
//! wait and removed when it fires, each in constant time, and the host reads
//! the array in place. Its first entry is always the clock, so no poll is ever
//! empty (an empty one damages WasmEdge's poller for good) and each one ends.
//!
//! Behind the clock come the *hot* interests, which were registered since the
//! last scan of everything, then the *cold* ones. Hosts take time for each
//! entry, so a busy program polls the hot part, a prefix of the array.

use std::task::Waker;
use std::time::Duration;

use slab::Slab;

use crate::subscription::{Direction, Subscription};

/// Names a registered socket; not its descriptor, which may be any 31-bit
/// number.
pub(crate) type Key = usize;

/// Whether a socket carries a stream or datagrams.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    Stream,
    Datagram,
}

/// How many tasks may wait for one direction before the list is swept of
/// those that no longer do.
const FIRST_SWEEP: usize = 8;

#[derive(Debug)]
struct Slot {
    fd: u32,
    shape: Shape,
    read: Side,
    write: Side,
}

/// One direction of a socket.
#[derive(Debug)]
struct Side {
    /// An operation may succeed: it has not failed since the last event.
    ready: bool,
    /// The place of the interest in the array, if a task waits.
    place: Option<usize>,
    waiting: Vec<Waker>,
    sweep_at: usize,
}

impl Side {
    fn new() -> Self {
        Side {
            // A new socket is tried before it is waited for.
            ready: true,
            place: None,
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
}

impl Interests {
    pub(crate) fn new() -> Self {
        Interests {
            slots: Slab::new(),
            array: vec![Subscription::clock(Duration::ZERO)],
            hot_end: 1,
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

    /// Forgets a socket. Its wakers are given back, to be dropped where no
    /// borrow is held: dropping one may run a task's destructors.
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

    /// Adds a task to those that wait. Gives tasks to wake: when the list has
    /// grown, all in it are woken, and those that still wait come back, so
    /// tasks that gave up do not pile up.
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
        if side.place.is_none() {
            self.enlist(key, direction);
        }
        swept
    }

    /// An event came for an entry of the array: marks the direction ready,
    /// ends the interest, and moves the tasks to wake into `woken`.
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

    /// Fires the interests that an event without a name may mean: on WasmEdge
    /// a pending error on a datagram socket, or a peer that closed while a
    /// write waits, ends the poll and names nothing.
    pub(crate) fn fire_suspects(&mut self, woken: &mut Vec<Waker>) {
        let suspects: Vec<u64> = self.array[1..]
            .iter()
            .map(Subscription::userdata)
            .filter(|&userdata| {
                let (key, direction) = subject_of(userdata);
                direction == Direction::Write || self.slots[key].shape == Shape::Datagram
            })
            .collect();
        for userdata in suspects {
            self.fire(userdata, woken);
        }
    }

    /// How many interests there are.
    pub(crate) fn len(&self) -> usize {
        self.array.len() - 1
    }

    /// How many of them are hot.
    pub(crate) fn hot(&self) -> usize {
        self.hot_end - 1
    }

    /// Makes all interests cold: those that come from now on are hot.
    pub(crate) fn cool(&mut self) {
        self.hot_end = 1;
    }

    /// The array with its clock set, all of it or the hot part.
    pub(crate) fn subscriptions(&mut self, all: bool, clock: Subscription) -> &[Subscription] {
        self.array[0] = clock;
        if all {
            &self.array
        } else {
            &self.array[..self.hot_end]
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
        let fd = self.slots[key].fd;
        let last = self.array.len();
        self.array.push(Subscription::socket(
            fd,
            direction,
            userdata_of(key, direction),
        ));
        self.side(key, direction).place = Some(last);
        // The newcomer is hot: it changes places with the first cold one.
        self.swap(self.hot_end, last);
        self.hot_end += 1;
    }

    fn withdraw(&mut self, key: Key, direction: Direction) {
        let Some(mut place) = self.side(key, direction).place.take() else {
            return;
        };
        if place < self.hot_end {
            self.hot_end -= 1;
            self.swap(place, self.hot_end);
            place = self.hot_end;
        }
        let last = self.array.len() - 1;
        self.swap(place, last);
        self.array.pop();
        // The swaps gave the entry that left a place again.
        self.side(key, direction).place = None;
    }

    fn swap(&mut self, a: usize, b: usize) {
        if a == b {
            return;
        }
        self.array.swap(a, b);
        for place in [a, b] {
            let (key, direction) = subject_of(self.array[place].userdata());
            self.side(key, direction).place = Some(place);
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
    // Only numbers made by `userdata_of` come here, on the machine that made
    // them; any other finds no slot.
    (
        usize::try_from(userdata >> 1).unwrap_or(usize::MAX),
        direction,
    )
}

#[cfg(test)]
pub(crate) mod tests;
