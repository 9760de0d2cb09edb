//! Libraries that work over any network. Their tests, in `tests/it`, run on a network
//! in memory.

pub mod replicated_log;
pub mod retry;
