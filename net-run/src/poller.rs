//! Waiting for many descriptors at once, with registrations that stay.
//!
//! A guest names everything it waits for in every call. So most of what it
//! names was registered with the system before: the poller compares, and asks
//! the system only for what is new. What a guest no longer waits for is
//! removed when it becomes ready, not before, since it mostly comes back.

use std::mem::MaybeUninit;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::time::Duration;

use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};
use rustix::io::Errno as Os;

use crate::errno::Errno;
use crate::network::{Interest, Readiness};
use crate::stop::WakeFd;
use crate::wait::timespec;

/// As many descriptors as one wait can tell.
const BATCH: usize = 256;
/// The token of what wakes the host.
const WAKE: u64 = u64::MAX;

const READ: u8 = 1;
const WRITE: u8 = 2;
/// No subscription.
const NONE: u32 = u32::MAX;

/// What the poller knows of one descriptor of the guest.
#[derive(Debug, Clone, Copy)]
struct Registration {
    /// The round in which `wanted` and the subscriptions were set.
    round: u32,
    read: u32,
    write: u32,
    wanted: u8,
    /// What the system was asked to watch.
    armed: u8,
    /// It is asked in each round, not watched.
    polled: bool,
}

const UNKNOWN: Registration = Registration {
    round: 0,
    read: NONE,
    write: NONE,
    wanted: 0,
    armed: 0,
    polled: false,
};

/// A subscription that came true.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ready {
    /// Which subscription.
    pub(crate) subscription: u32,
    /// Whether the other end is gone in both directions.
    pub(crate) hangup: bool,
}

/// What the poller finds at a place of the guest's table.
pub(crate) trait Sources {
    /// How the descriptor at `place` tells that it is ready.
    fn readiness(&self, place: usize) -> Readiness<'_>;
    /// What of `interest` is ready at `place`, or a wake-up for later.
    fn poll_ready(&mut self, place: usize, interest: Interest) -> Interest;
}

#[derive(Debug)]
pub(crate) struct Poller {
    epoll: OwnedFd,
    wake: Arc<WakeFd>,
    places: Vec<Registration>,
    round: u32,
    /// Places that want more than is armed.
    to_arm: Vec<usize>,
    /// Places that are asked and not watched.
    to_ask: Vec<usize>,
    /// Second subscriptions for the same of one place.
    doubles: Vec<(usize, u8, u32)>,
    /// What came true in this round.
    pub(crate) ready: Vec<Ready>,
}

impl Poller {
    pub(crate) fn new(wake: Arc<WakeFd>) -> rustix::io::Result<Self> {
        let epoll = epoll::create(CreateFlags::CLOEXEC)?;
        epoll::add(&epoll, &wake, EventData::new_u64(WAKE), EventFlags::IN)?;
        // Fails now, and not while the guest runs, on a system that is too old.
        let mut none = [const { MaybeUninit::<Event>::uninit() }; 1];
        epoll::wait(&epoll, &mut none, Some(&timespec(Duration::ZERO)))?;
        Ok(Poller {
            epoll,
            wake,
            places: Vec::new(),
            round: 0,
            to_arm: Vec::new(),
            to_ask: Vec::new(),
            doubles: Vec::new(),
            ready: Vec::new(),
        })
    }

    /// Begins a round: nothing is wanted.
    pub(crate) fn begin(&mut self) {
        self.round = self.round.wrapping_add(1);
        if self.round == 0 {
            // Rounds begin anew, so old ones must not look like new ones.
            self.places.iter_mut().for_each(|place| place.round = 0);
            self.round = 1;
        }
        self.to_arm.clear();
        self.to_ask.clear();
        self.doubles.clear();
        self.ready.clear();
    }

    /// Notes that a subscription waits for the descriptor at `place`.
    pub(crate) fn want(&mut self, place: usize, write: bool, subscription: u32) {
        if place >= self.places.len() {
            self.places.resize(place + 1, UNKNOWN);
        }
        let known = &mut self.places[place];
        if known.round != self.round {
            known.round = self.round;
            known.wanted = 0;
            known.read = NONE;
            known.write = NONE;
            if known.polled {
                self.to_ask.push(place);
            }
        }
        let (kind, holder) = if write {
            (WRITE, &mut known.write)
        } else {
            (READ, &mut known.read)
        };
        if *holder == NONE {
            *holder = subscription;
        } else {
            self.doubles.push((place, kind, subscription));
        }
        let listed = known.wanted & !known.armed != 0;
        known.wanted |= kind;
        if !known.polled && !listed && known.wanted & !known.armed != 0 {
            self.to_arm.push(place);
        }
    }

    /// Asks the system to watch what is new.
    pub(crate) fn arm(&mut self, sources: &dyn Sources) -> Result<(), Errno> {
        for index in 0..self.to_arm.len() {
            let place = self.to_arm[index];
            let known = &mut self.places[place];
            let Readiness::Descriptor(fd) = sources.readiness(place) else {
                known.polled = true;
                self.to_ask.push(place);
                continue;
            };
            match watch(&self.epoll, fd, place, known.armed, known.wanted) {
                Ok(()) => known.armed = known.wanted,
                // Files cannot be watched, and are always ready.
                Err(Os::PERM) => self.fire(place, READ | WRITE, false),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Asks those that are not watched.
    pub(crate) fn ask(&mut self, sources: &mut dyn Sources) {
        for index in 0..self.to_ask.len() {
            let place = self.to_ask[index];
            let wanted = self.places[place].wanted;
            let ready = sources.poll_ready(place, interest(wanted));
            let mut kinds = 0;
            if ready.read {
                kinds |= READ;
            }
            if ready.write {
                kinds |= WRITE;
            }
            self.fire(place, kinds & wanted, false);
        }
    }

    /// Waits until something happens, at most for `timeout`, and notes what
    /// came true. It may return early with nothing.
    pub(crate) fn wait(
        &mut self,
        timeout: Option<Duration>,
        sources: &dyn Sources,
    ) -> Result<(), Errno> {
        let timeout = timeout.map(timespec);
        let mut space = [const { MaybeUninit::<Event>::uninit() }; BATCH];
        let events = match epoll::wait(&self.epoll, &mut space, timeout.as_ref()) {
            Ok((events, _)) => events,
            Err(Os::INTR) => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        for &mut Event { data, flags, .. } in events {
            if data.u64() == WAKE {
                self.wake.drain();
                continue;
            }
            let place = usize::try_from(data.u64()).unwrap_or(usize::MAX);
            self.happened(place, flags, sources)?;
        }
        Ok(())
    }

    fn happened(
        &mut self,
        place: usize,
        flags: EventFlags,
        sources: &dyn Sources,
    ) -> Result<(), Errno> {
        let gone = flags.intersects(EventFlags::HUP | EventFlags::ERR);
        let mut kinds = 0;
        if gone || flags.contains(EventFlags::IN) {
            kinds |= READ;
        }
        if gone || flags.contains(EventFlags::OUT) {
            kinds |= WRITE;
        }
        let known = &mut self.places[place];
        let wanted = if known.round == self.round {
            known.wanted
        } else {
            0
        };
        if kinds & wanted != 0 {
            self.fire(place, kinds & wanted, flags.contains(EventFlags::HUP));
            return Ok(());
        }
        // Nobody waits for it now, and it would end every wait.
        let armed = std::mem::replace(&mut known.armed, wanted);
        if let Readiness::Descriptor(fd) = sources.readiness(place) {
            watch(&self.epoll, fd, place, armed, wanted)?;
        }
        Ok(())
    }

    /// Notes the subscriptions that come true by `kinds` at a place.
    fn fire(&mut self, place: usize, kinds: u8, hangup: bool) {
        let known = &self.places[place];
        for (kind, subscription) in [(READ, known.read), (WRITE, known.write)] {
            if kinds & kind != 0 && subscription != NONE {
                self.ready.push(Ready {
                    subscription,
                    hangup,
                });
            }
        }
        for &(at, kind, subscription) in &self.doubles {
            if at == place && kinds & kind != 0 {
                self.ready.push(Ready {
                    subscription,
                    hangup,
                });
            }
        }
    }

    /// Forgets a descriptor, before it is closed.
    pub(crate) fn forget(&mut self, place: usize, readiness: &Readiness<'_>) {
        let Some(known) = self.places.get_mut(place) else {
            return;
        };
        let armed = std::mem::replace(known, UNKNOWN).armed;
        if let (Readiness::Descriptor(fd), true) = (readiness, armed != 0) {
            // A network may have closed it already.
            let _ = epoll::delete(&self.epoll, fd);
        }
    }
}

/// Brings what the system watches from `armed` to `wanted`.
fn watch(
    epoll: &OwnedFd,
    fd: BorrowedFd<'_>,
    place: usize,
    armed: u8,
    wanted: u8,
) -> rustix::io::Result<()> {
    let data = EventData::new_u64(place as u64);
    let mut flags = EventFlags::empty();
    flags.set(EventFlags::IN, wanted & READ != 0);
    flags.set(EventFlags::OUT, wanted & WRITE != 0);
    match (armed, wanted) {
        (0, 0) => Ok(()),
        (0, _) => epoll::add(epoll, fd, data, flags),
        // Not an empty mask, since errors come through that.
        (_, 0) => epoll::delete(epoll, fd),
        _ => epoll::modify(epoll, fd, data, flags),
    }
}

fn interest(kinds: u8) -> Interest {
    Interest {
        read: kinds & READ != 0,
        write: kinds & WRITE != 0,
    }
}
