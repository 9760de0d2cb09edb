//! Tests of libraries under faults.

mod readme;
mod replicated_log;
mod retry;
