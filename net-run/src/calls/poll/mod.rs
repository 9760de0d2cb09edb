//! `poll_oneoff`: waits for subscriptions and writes their events.

mod layout;
mod trace;

use std::time::Duration;

use rustix::time::ClockId;

use self::layout::{CLOCK, READ, SUBSCRIPTION_LEN, WRITE};
use crate::calls::memory::GuestMemory;
use crate::clock::{monotonic, nanos};
use crate::errno::Errno;
use crate::process::failure::Failure;
use crate::process::poll_lists::{Alarm, Event, PollLists};
use crate::process::{PollTarget, Process};

const EVENT_LEN: u32 = 32;

const ABSTIME: u16 = 1;
const HANGUP: u16 = 1;

/// Runs the call.
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
        let asked = trace::subscriptions(memory, subscriptions, count);
        let told = told.map(|()| trace::events(memory, &lists.events, subscriptions, count));
        let shown = format_args!("poll_oneoff({asked})");
        process.trace.line(shown, &told);
    }
    process.poll_lists = lists;
    told
}

fn read_and_wait(
    memory: &mut GuestMemory<'_>,
    process: &mut Process,
    lists: &mut PollLists,
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

/// Returns when a clock subscription expires.
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

/// Collects the events of all subscriptions that have occurred.
fn collect(
    memory: &GuestMemory<'_>,
    process: &Process,
    lists: &mut PollLists,
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

/// Writes the events last, since the guest's two arrays may overlap.
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
        // An invalid tag does not exist in an event.
        memory.set_u8(at + 10, event.kind.min(WRITE))?;
        if event.kind != CLOCK && event.errno == 0 {
            // Not a count: at least one byte, or the end of the stream.
            memory.set_u64(at + 16, 1)?;
            memory.set_u16(at + 24, if event.hangup { HANGUP } else { 0 })?;
        }
        at += EVENT_LEN;
    }
    memory.set_u32(happened, u32::try_from(list.len()).unwrap_or(u32::MAX))
}
