//! Libraries that name no target, as a user would write them. Their tests, in
//! `tests/it`, run on a network inside the process.

pub mod replicated_log;
pub mod retry;
