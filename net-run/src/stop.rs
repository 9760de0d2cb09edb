//! Stopping a guest, whether it computes or waits.

use std::error::Error;
use std::fmt;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::Wake;

use rustix::event::{EventfdFlags, eventfd};
use wasmtime::EngineWeak;

/// Why a guest was stopped from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Stop {
    /// [`StopHandle::stop`] was called.
    Asked,
    /// It exceeded its wall-clock time limit.
    WallTime,
    /// It exceeded its CPU time limit.
    CpuTime,
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Stop::Asked => "stopped",
            Stop::WallTime => "time limit exceeded",
            Stop::CpuTime => "CPU time limit exceeded",
        })
    }
}

impl Error for Stop {}

/// Wakes a waiting host: a descriptor that becomes readable.
#[derive(Debug)]
pub(crate) struct WakeFd(OwnedFd);

impl WakeFd {
    pub(crate) fn new() -> rustix::io::Result<Self> {
        let fd = eventfd(0, EventfdFlags::NONBLOCK | EventfdFlags::CLOEXEC)?;
        Ok(WakeFd(fd))
    }

    fn notify(&self) {
        // It fails only when the counter is full, and then it is readable.
        let _ = rustix::io::write(&self.0, &1_u64.to_ne_bytes());
    }

    /// Makes it unreadable again.
    pub(crate) fn drain(&self) {
        // It fails only when there is nothing to drain.
        let _ = rustix::io::read(&self.0, &mut [0; 8]);
    }
}

impl AsFd for WakeFd {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

impl Wake for WakeFd {
    fn wake(self: Arc<Self>) {
        self.notify();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.notify();
    }
}

/// Stops a guest from another thread. Clones stop the same guest.
#[derive(Clone)]
pub struct StopHandle {
    shared: Arc<Shared>,
}

struct Shared {
    /// 0 while nobody has stopped it.
    reason: AtomicU8,
    wake: Arc<WakeFd>,
    /// Whose epoch ends the guest's loops.
    engine: OnceLock<EngineWeak>,
}

impl StopHandle {
    pub(crate) fn new() -> rustix::io::Result<Self> {
        let shared = Shared {
            reason: AtomicU8::new(0),
            wake: Arc::new(WakeFd::new()?),
            engine: OnceLock::new(),
        };
        Ok(StopHandle {
            shared: Arc::new(shared),
        })
    }

    /// Stops the guest, now or as soon as it starts. Has no effect on a guest
    /// that has ended.
    pub fn stop(&self) {
        self.stop_because(Stop::Asked);
    }

    /// Stops the guest; the first reason is kept.
    pub(crate) fn stop_because(&self, stop: Stop) {
        let code = match stop {
            Stop::Asked => 1,
            Stop::WallTime => 2,
            Stop::CpuTime => 3,
        };
        let reason = &self.shared.reason;
        let _ = reason.compare_exchange(0, code, Ordering::AcqRel, Ordering::Acquire);
        self.tick();
        self.shared.wake.notify();
    }

    /// Makes the guest's code check whether it must stop.
    pub(crate) fn tick(&self) {
        if let Some(engine) = self.shared.engine.get().and_then(EngineWeak::upgrade) {
            engine.increment_epoch();
        }
    }

    /// The reason, once there is one.
    pub(crate) fn reason(&self) -> Option<Stop> {
        match self.shared.reason.load(Ordering::Acquire) {
            0 => None,
            1 => Some(Stop::Asked),
            2 => Some(Stop::WallTime),
            _ => Some(Stop::CpuTime),
        }
    }

    pub(crate) fn stops_code_of(&self, engine: EngineWeak) {
        // A handle belongs to one run, so this is the first time.
        let _ = self.shared.engine.set(engine);
    }

    pub(crate) fn wake_fd(&self) -> &Arc<WakeFd> {
        &self.shared.wake
    }
}

impl fmt::Debug for StopHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StopHandle")
            .field("reason", &self.reason())
            .finish_non_exhaustive()
    }
}
