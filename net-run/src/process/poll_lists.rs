//! The lists of a poll, which are kept between calls to avoid allocations.

/// An event of a subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Event {
    pub(crate) userdata: u64,
    pub(crate) errno: u16,
    pub(crate) kind: u8,
    pub(crate) hangup: bool,
}

/// A clock subscription.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Alarm {
    pub(crate) subscription: u32,
    /// On the monotonic clock, in nanoseconds.
    pub(crate) at: u64,
}

/// The lists of one poll.
#[derive(Debug, Default)]
pub(crate) struct PollLists {
    pub(crate) alarms: Vec<Alarm>,
    /// Subscriptions that complete immediately, each with its errno.
    pub(crate) answered: Vec<(u32, u16)>,
    pub(crate) events: Vec<Event>,
}
