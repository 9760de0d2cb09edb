//! Limits in time, on the clock of any [`Timer`](net_traits::Timer).
//!
//! Programs use them through `net::time`, `net::with_deadlines` and
//! `net::with_idle_timeout`, which fill in the timer of the target.
//!
//! ```text
//! timers       sleep, timeout, interval
//! deadlined    a stream with deadlines, as Go's net.Conn has them
//! deadlines    the deadlines, which other tasks may move
//! idle         a stream that fails when no byte moves for a given duration
//! guarded      what such streams have in common
//! alarm        a sleep that is reused, for an instant that moves
//! ```

mod alarm;
mod deadlined;
mod deadlines;
mod guarded;
mod idle;
mod timers;

pub use alarm::Alarm;
pub use deadlined::{Deadlined, DeadlinedReadHalf, DeadlinedWriteHalf};
pub use deadlines::Deadlines;
pub use idle::{IdleReadHalf, IdleTimeout, IdleWriteHalf};
pub use timers::{
    Elapsed, Interval, Timeout, deadline_after, sleep, timeout, timeout_at, timeout_until,
};
