//! Formats the subscriptions and events of `poll_oneoff` for the trace.

use std::time::Duration;

use crate::calls::memory::GuestMemory;
use crate::calls::poll::layout::{CLOCK, READ, SUBSCRIPTION_LEN, WRITE};
use crate::errno::Errno;
use crate::process::poll_lists::Event;

/// The maximum number of subscriptions or events in a line of the trace.
const SHOWN_MAX: u32 = 8;

/// Formats a subscription.
fn shown(memory: &GuestMemory<'_>, at: u32) -> Result<String, Errno> {
    Ok(match memory.u8(at + 8)? {
        CLOCK => format!("clock {:?}", Duration::from_nanos(memory.u64(at + 24)?)),
        READ => format!("{} read", memory.u32(at + 16)?),
        WRITE => format!("{} write", memory.u32(at + 16)?),
        _ => "?".to_owned(),
    })
}

/// Formats the subscriptions of a call.
pub(crate) fn subscriptions(memory: &GuestMemory<'_>, subscriptions: u32, count: u32) -> String {
    let first = (0..count.min(SHOWN_MAX))
        .filter_map(|index| shown(memory, subscriptions + index * SUBSCRIPTION_LEN).ok());
    listed(first, count)
}

/// Formats the events of a call, each as the first subscription with the same
/// userdata.
pub(crate) fn events(
    memory: &GuestMemory<'_>,
    events: &[Event],
    subscriptions: u32,
    count: u32,
) -> String {
    let shown = events.iter().take(SHOWN_MAX as usize).map(|event| {
        let place = (0..count)
            .map(|index| subscriptions + index * SUBSCRIPTION_LEN)
            .find(|&at| {
                memory.u64(at) == Ok(event.userdata) && memory.u8(at + 8) == Ok(event.kind)
            });
        let what = place.and_then(|at| shown(memory, at).ok());
        let what = what.unwrap_or_else(|| "?".to_owned());
        match event.errno {
            0 => what,
            errno => format!("{what} errno {errno}"),
        }
    });
    listed(shown, u32::try_from(events.len()).unwrap_or(u32::MAX))
}

fn listed(first: impl Iterator<Item = String>, count: u32) -> String {
    let mut list: Vec<String> = first.collect();
    if count > SHOWN_MAX {
        list.push(format!("… {count} in all"));
    }
    format!("[{}]", list.join(", "))
}
