//! Layouts of subscriptions, as the witx definition of `wasi_snapshot_preview1`
//! has them.

pub(crate) const SUBSCRIPTION_LEN: u32 = 48;

/// Tags of subscriptions and events.
pub(crate) const CLOCK: u8 = 0;
pub(crate) const READ: u8 = 1;
pub(crate) const WRITE: u8 = 2;
