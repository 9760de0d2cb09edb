//! The thread that enforces a guest's time limits.

use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

use crate::error::Error;
use crate::limits::Limits;
use crate::stop::{Stop, StopHandle};

/// How often a guest checks the CPU time that it has used.
const TICK: Duration = Duration::from_millis(10);

/// Stops a guest at its time limit, until it is dropped.
#[derive(Debug)]
pub(crate) struct Watchdog {
    _end: Option<Sender<()>>,
}

impl Watchdog {
    pub(crate) fn start(limits: &Limits, stop: &StopHandle) -> Result<Self, Error> {
        let deadline = limits
            .wall_time
            .and_then(|time| Instant::now().checked_add(time));
        let ticks = limits.cpu_time.is_some();
        if deadline.is_none() && !ticks {
            return Ok(Watchdog { _end: None });
        }
        let (end, ended) = mpsc::channel::<()>();
        let stop = stop.clone();
        let watch = move || {
            loop {
                let left = deadline.map(|at| at.saturating_duration_since(Instant::now()));
                if left.is_some_and(|left| left.is_zero()) {
                    return stop.stop_because(Stop::WallTime);
                }
                let wait = match left {
                    Some(left) if ticks => left.min(TICK),
                    Some(left) => left,
                    None => TICK,
                };
                // Nothing is ever sent: the channel closes when the watchdog is dropped.
                if ended.recv_timeout(wait) != Err(RecvTimeoutError::Timeout) {
                    return;
                }
                if ticks {
                    stop.tick();
                }
            }
        };
        let thread = thread::Builder::new().name("watchdog".to_owned());
        thread
            .spawn(watch)
            .map_err(|error| Error::system("a thread", error))?;
        Ok(Watchdog { _end: Some(end) })
    }
}
