//! Waiting for many descriptors with epoll, with registrations that are kept.
//!
//! A guest passes all its subscriptions in every call, most of them again and
//! again. The poller compares them with what is registered, and registers only
//! what is new. A descriptor without a subscription is removed when it becomes
//! ready, not before, since most are soon polled again.

use std::mem::MaybeUninit;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::time::Duration;

use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};
use rustix::io::Errno as Os;

use crate::errno::Errno;
use crate::network::{Interest, Readiness};
use crate::process::wait::timespec;
use crate::stop::WakeFd;

/// The maximum number of descriptors that one wait returns.
const BATCH: usize = 256;
/// The token of the descriptor that wakes the host.
const WAKE: u64 = u64::MAX;

const READ: u8 = 1;
const WRITE: u8 = 2;
/// No subscription.
const NONE: u32 = u32::MAX;

/// The poller's state of one descriptor of the guest.
#[derive(Debug, Clone, Copy)]
struct Registration {
    /// The round in which `wanted` and the subscriptions were set.
    round: u32,
    read: u32,
    write: u32,
    wanted: u8,
    /// The interest that is registered with epoll.
    armed: u8,
    /// Whether it is polled in each round instead of registered.
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

/// A subscription that is ready.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ready {
    /// Which subscription.
    pub(crate) subscription: u32,
    /// Whether the connection is closed in both directions.
    pub(crate) hangup: bool,
}

/// The guest's table of descriptors, as the poller sees it.
pub(crate) trait Sources {
    /// Returns how the host learns that the descriptor at `place` is ready.
    fn readiness(&self, place: usize) -> Readiness<'_>;
    /// Returns which operations of `interest` are ready at `place`, or arranges a
    /// wake-up.
    fn poll_ready(&mut self, place: usize, interest: Interest) -> Interest;
}

#[derive(Debug)]
pub(crate) struct Poller {
    epoll: OwnedFd,
    wake: Arc<WakeFd>,
    places: Vec<Registration>,
    round: u32,
    /// Places whose interest exceeds what is registered.
    to_arm: Vec<usize>,
    /// Places that are polled instead of registered.
    to_ask: Vec<usize>,
    /// Further subscriptions for the same interest of one place.
    doubles: Vec<(usize, u8, u32)>,
    /// The ready subscriptions of this round.
    pub(crate) ready: Vec<Ready>,
}

impl Poller {
    pub(crate) fn new(wake: Arc<WakeFd>) -> rustix::io::Result<Self> {
        let epoll = epoll::create(CreateFlags::CLOEXEC)?;
        epoll::add(&epoll, &wake, EventData::new_u64(WAKE), EventFlags::IN)?;
        // Fails here, and not while the guest runs, on a kernel that is too old.
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

    /// Starts a round without subscriptions.
    pub(crate) fn begin(&mut self) {
        self.round = self.round.wrapping_add(1);
        if self.round == 0 {
            // The counter wrapped, so old rounds must not look like new ones.
            self.places.iter_mut().for_each(|place| place.round = 0);
            self.round = 1;
        }
        self.to_arm.clear();
        self.to_ask.clear();
        self.doubles.clear();
        self.ready.clear();
    }

    /// Adds a subscription for the descriptor at `place`.
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

    /// Registers what is new.
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
                // epoll refuses regular files, which are always ready.
                Err(Os::PERM) => self.fire(place, READ | WRITE, false),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Polls the places that are not registered.
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

    /// Waits for an event, at most for `timeout`, and collects ready
    /// subscriptions. It may return early without any.
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
        // It has no subscription now, and would end every wait.
        let armed = std::mem::replace(&mut known.armed, wanted);
        if let Readiness::Descriptor(fd) = sources.readiness(place) {
            watch(&self.epoll, fd, place, armed, wanted)?;
        }
        Ok(())
    }

    /// Collects the subscriptions at a place that `kinds` make ready.
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

/// Changes the registered interest from `armed` to `wanted`.
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
        // Not an empty mask, which would still report errors.
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
