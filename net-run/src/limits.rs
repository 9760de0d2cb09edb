//! Limits on a guest's resources.

use std::time::Duration;

use rustix::time::ClockId;
use wasmtime::ResourceLimiter;

use crate::clock::nanos;

/// Limits on the resources of a guest.
///
/// ```
/// use std::time::Duration;
/// use net_run::Limits;
///
/// let limits = Limits::new().memory(64 << 20).wall_time(Duration::from_secs(10));
/// ```
#[derive(Debug, Clone)]
pub struct Limits {
    pub(crate) memory: usize,
    pub(crate) sockets: u32,
    pub(crate) wall_time: Option<Duration>,
    pub(crate) cpu_time: Option<Duration>,
}

impl Limits {
    /// Creates the default limits: 1 GiB of memory, 10,000 sockets, unlimited
    /// time.
    #[must_use]
    pub fn new() -> Self {
        Limits {
            memory: 1 << 30,
            sockets: 10_000,
            wall_time: None,
            cpu_time: None,
        }
    }

    /// Limits the memory to this number of bytes. Allocations of the guest
    /// beyond it fail.
    #[must_use]
    pub fn memory(mut self, bytes: usize) -> Self {
        self.memory = bytes;
        self
    }

    /// Limits the number of open sockets. Opening one more fails with `EMFILE`.
    #[must_use]
    pub fn sockets(mut self, count: u32) -> Self {
        self.sockets = count;
        self
    }

    /// Limits the wall-clock time after which the guest is stopped.
    #[must_use]
    pub fn wall_time(mut self, time: Duration) -> Self {
        self.wall_time = Some(time);
        self
    }

    /// Limits the CPU time after which the guest is stopped, including the time
    /// that it spends in calls of the host.
    #[must_use]
    pub fn cpu_time(mut self, time: Duration) -> Self {
        self.cpu_time = Some(time);
        self
    }
}

impl Default for Limits {
    fn default() -> Self {
        Limits::new()
    }
}

/// Enforces the memory limit.
#[derive(Debug)]
pub(crate) struct MemoryLimit {
    limit: usize,
    /// Whether the guest requested more.
    exceeded: bool,
}

/// The maximum number of entries of a table.
const TABLE_MAX: usize = 10_000_000;

impl MemoryLimit {
    pub(crate) fn new(limit: usize) -> Self {
        MemoryLimit {
            limit,
            exceeded: false,
        }
    }

    /// Returns the limit if the guest requested more.
    pub(crate) fn exceeded(&self) -> Option<usize> {
        self.exceeded.then_some(self.limit)
    }
}

impl ResourceLimiter for MemoryLimit {
    fn memory_growing(
        &mut self,
        _current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        self.exceeded |= desired > self.limit;
        Ok(desired <= self.limit)
    }

    fn table_growing(
        &mut self,
        _current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        Ok(desired <= TABLE_MAX)
    }
}

/// Returns the CPU time that this thread has used.
pub(crate) fn thread_time() -> Duration {
    Duration::from_nanos(nanos(ClockId::ThreadCPUTime))
}
