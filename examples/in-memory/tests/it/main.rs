//! How libraries are tested under faults.

mod readme;
mod replicated_log;
mod retry;
