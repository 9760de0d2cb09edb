//! What a guest may use of the machine.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};
use wasmtime::ResourceLimiter;

/// What a guest may use of the machine.
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
    /// 1 GiB of memory, 10,000 sockets, any time.
    #[must_use]
    pub fn new() -> Self {
        Limits {
            memory: 1 << 30,
            sockets: 10_000,
            wall_time: None,
            cpu_time: None,
        }
    }

    /// So many bytes of memory. Beyond that the guest's allocations fail.
    #[must_use]
    pub fn memory(mut self, bytes: usize) -> Self {
        self.memory = bytes;
        self
    }

    /// So many open sockets. Beyond that the guest gets `EMFILE`.
    #[must_use]
    pub fn sockets(mut self, count: u32) -> Self {
        self.sockets = count;
        self
    }

    /// The time after which the guest is stopped.
    #[must_use]
    pub fn wall_time(mut self, time: Duration) -> Self {
        self.wall_time = Some(time);
        self
    }

    /// The processor time after which the guest is stopped, what it uses in
    /// the host included.
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

/// Keeps a guest within its memory.
#[derive(Debug)]
pub(crate) struct MemoryLimit {
    limit: usize,
    /// It wanted more.
    exceeded: bool,
}

/// As many entries as a table of the guest may have.
const TABLE_MAX: usize = 10_000_000;

impl MemoryLimit {
    pub(crate) fn new(limit: usize) -> Self {
        MemoryLimit {
            limit,
            exceeded: false,
        }
    }

    /// The limit, if the guest wanted more.
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

/// The processor time that this thread has used.
pub(crate) fn thread_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    Duration::new(seconds, u32::try_from(time.tv_nsec).unwrap_or(0))
}
