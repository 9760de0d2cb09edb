//! Stopping the guest on a signal.

use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use net_run::StopHandle;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator;

/// How long a guest may take to stop. It takes long only in a system call that
/// cannot be interrupted, such as one on a slow disk.
const GRACE: Duration = Duration::from_secs(2);

/// The signal that stopped the guest, if any.
#[derive(Debug)]
pub(crate) struct Signals {
    first: Arc<AtomicI32>,
}

impl Signals {
    /// Stops the guest on the first signal, and exits on the second.
    pub(crate) fn stop_at(guest: StopHandle) -> Result<Self> {
        let mut signals =
            iterator::Signals::new([SIGINT, SIGTERM, SIGHUP]).context("cannot handle signals")?;
        let first = Arc::new(AtomicI32::new(0));
        let noted = Arc::clone(&first);
        thread::spawn(move || {
            for signal in signals.forever() {
                if noted.swap(signal, Ordering::AcqRel) != 0 {
                    std::process::exit(128 + signal);
                }
                guest.stop();
                thread::spawn(move || {
                    thread::sleep(GRACE);
                    std::process::exit(128 + signal);
                });
            }
        });
        Ok(Signals { first })
    }

    /// Returns the exit code by which shells report a signal.
    pub(crate) fn exit_code(&self) -> i32 {
        128 + self.first.load(Ordering::Acquire)
    }
}
