//! What limits in time promise, on a paused clock.

mod clock;
mod deadlined;
mod deadlined_model;
mod deadlined_timers;
mod idle;
mod pipe;
mod timers;
mod types;
