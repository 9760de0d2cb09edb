//! `poll_oneoff`: what the guest waits for, and what of it came true.
//!
//! The layouts are those of the witx definition of `wasi_snapshot_preview1`.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

use crate::errno::Errno;
use crate::failure::Failure;
use crate::guest_memory::GuestMemory;
use crate::poll_trace;
use crate::process::{PollTarget, Process};

pub(crate) const SUBSCRIPTION_LEN: u32 = 48;
const EVENT_LEN: u32 = 32;

pub(crate) const CLOCK: u8 = 0;
pub(crate) const READ: u8 = 1;
pub(crate) const WRITE: u8 = 2;

const ABSTIME: u16 = 1;
const HANGUP: u16 = 1;

/// What the guest is told of a subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Event {
    pub(crate) userdata: u64,
    pub(crate) errno: u16,
    pub(crate) kind: u8,
    hangup: bool,
}

/// A subscription for a time.
#[derive(Debug, Clone, Copy)]
struct Alarm {
    subscription: u32,
    /// On the monotonic clock, in nanoseconds.
    at: u64,
}

/// Lists that are kept between calls, so that a call allocates nothing.
#[derive(Debug, Default)]
pub(crate) struct Lists {
    alarms: Vec<Alarm>,
    /// Subscriptions that are answered at once, each with its errno.
    answered: Vec<(u32, u16)>,
    pub(crate) events: Vec<Event>,
}

/// Runs the call; the events are in the lists afterwards, too.
pub(crate) fn poll_oneoff(
    memory: &mut GuestMemory<'_>,
    process: &mut Process,
    subscriptions: u32,
    events: u32,
    count: u32,
    happened: u32,
) -> Result<(), Failure> {
    if count == 0 {
        return Err(Errno::INVAL.into());
    }
    let bytes_of = |len: u32| count.checked_mul(len).ok_or(Errno::FAULT);
    memory.check(subscriptions, bytes_of(SUBSCRIPTION_LEN)?)?;
    memory.check(events, bytes_of(EVENT_LEN)?)?;
    memory.check(happened, 4)?;
    let mut lists = std::mem::take(&mut process.poll_lists);
    let waited = read_and_wait(memory, process, &mut lists, subscriptions, count);
    let told = waited.and_then(|()| {
        collect(memory, process, &mut lists, subscriptions)?;
        write_events(memory, &lists.events, events, happened)?;
        Ok(())
    });
    if process.trace.is_on() {
        let asked = poll_trace::subscriptions(memory, subscriptions, count);
        let told = told.map(|()| poll_trace::events(memory, &lists.events, subscriptions, count));
        let shown = format_args!("poll_oneoff({asked})");
        process.trace.line(shown, &told);
    }
    process.poll_lists = lists;
    told
}

fn read_and_wait(
    memory: &mut GuestMemory<'_>,
    process: &mut Process,
    lists: &mut Lists,
    subscriptions: u32,
    count: u32,
) -> Result<(), Failure> {
    lists.alarms.clear();
    lists.answered.clear();
    process.poller.begin();
    for index in 0..count {
        let at = subscriptions + index * SUBSCRIPTION_LEN;
        match memory.u8(at + 8)? {
            CLOCK => match alarm(memory, at) {
                Ok(at) => lists.alarms.push(Alarm {
                    subscription: index,
                    at,
                }),
                Err(errno) => lists.answered.push((index, errno.code())),
            },
            kind @ (READ | WRITE) => match process.poll_target(memory.u32(at + 16)?) {
                Ok(PollTarget::Place(place)) => process.poller.want(place, kind == WRITE, index),
                Ok(PollTarget::Always) => lists.answered.push((index, 0)),
                Err(errno) => lists.answered.push((index, errno.code())),
            },
            _ => lists.answered.push((index, Errno::INVAL.code())),
        }
    }
    process.poller.arm(&process.sources)?;
    let deadline = lists.alarms.iter().map(|alarm| alarm.at).min();
    loop {
        if let Some(reason) = process.stop.reason() {
            return Err(reason.into());
        }
        process.poller.ask(&mut process.sources);
        let until = deadline.map(|at| Duration::from_nanos(at.saturating_sub(monotonic())));
        let over = until.is_some_and(|left| left.is_zero());
        let found = !lists.answered.is_empty() || !process.poller.ready.is_empty();
        let timeout = if found { Some(Duration::ZERO) } else { until };
        process.poller.wait(timeout, &process.sources)?;
        if found || over || !process.poller.ready.is_empty() {
            return Ok(());
        }
    }
}

/// When a subscription for a time comes true.
fn alarm(memory: &GuestMemory<'_>, at: u32) -> Result<u64, Errno> {
    let clock = memory.u32(at + 16)?;
    let time = memory.u64(at + 24)?;
    let absolute = memory.u16(at + 40)? & ABSTIME != 0;
    match (clock, absolute) {
        (0 | 1, false) => Ok(monotonic().saturating_add(time)),
        (1, true) => Ok(time),
        (0, true) => {
            let left = time.saturating_sub(nanos(ClockId::Realtime));
            Ok(monotonic().saturating_add(left))
        }
        _ => Err(Errno::NOTSUP),
    }
}

/// The monotonic clock in nanoseconds, as the guest's `clock_time_get` has it.
pub(crate) fn monotonic() -> u64 {
    nanos(ClockId::Monotonic)
}

/// A clock in nanoseconds; what is before its beginning is its beginning.
pub(crate) fn nanos(clock: ClockId) -> u64 {
    let time = clock_gettime(clock);
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    let nanos = u64::try_from(time.tv_nsec).unwrap_or(0);
    seconds.saturating_mul(1_000_000_000).saturating_add(nanos)
}

/// Makes the list of events out of all that came true.
fn collect(
    memory: &GuestMemory<'_>,
    process: &Process,
    lists: &mut Lists,
    subscriptions: u32,
) -> Result<(), Errno> {
    let event = |index: u32, errno: u16, hangup: bool| -> Result<Event, Errno> {
        let at = subscriptions + index * SUBSCRIPTION_LEN;
        Ok(Event {
            userdata: memory.u64(at)?,
            errno,
            kind: memory.u8(at + 8)?,
            hangup,
        })
    };
    lists.events.clear();
    for &(index, errno) in &lists.answered {
        lists.events.push(event(index, errno, false)?);
    }
    for ready in &process.poller.ready {
        lists
            .events
            .push(event(ready.subscription, 0, ready.hangup)?);
    }
    if !lists.alarms.is_empty() {
        let now = monotonic();
        for alarm in lists.alarms.iter().filter(|alarm| alarm.at <= now) {
            lists.events.push(event(alarm.subscription, 0, false)?);
        }
    }
    Ok(())
}

/// Writes them only now, since the guest's two arrays may be one.
fn write_events(
    memory: &mut GuestMemory<'_>,
    list: &[Event],
    events: u32,
    happened: u32,
) -> Result<(), Errno> {
    let mut at = events;
    for event in list {
        memory.bytes_mut(at, EVENT_LEN)?.fill(0);
        memory.set_u64(at, event.userdata)?;
        memory.set_u16(at + 8, event.errno)?;
        // A kind that does not exist has no place in an event.
        memory.set_u8(at + 10, event.kind.min(WRITE))?;
        if event.kind != CLOCK && event.errno == 0 {
            // At least one byte can be moved; how many, only trying tells.
            memory.set_u64(at + 16, 1)?;
            memory.set_u16(at + 24, if event.hangup { HANGUP } else { 0 })?;
        }
        at += EVENT_LEN;
    }
    memory.set_u32(happened, u32::try_from(list.len()).unwrap_or(u32::MAX))
}
