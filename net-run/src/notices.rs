//! What the person who runs the guest is told.

use std::collections::HashSet;

use crate::errno::Errno;
use crate::limits::MemoryLimit;
use crate::policy::Denial;

/// So many different notices are told; a guest could think of any number.
const TOLD_MAX: usize = 1000;

/// Something that the guest wanted and did not get.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Notice {
    /// The policy does not allow it.
    Denied(Denial),
    /// It wanted to bind a socket to a device, which would lead around the
    /// policy: that knows addresses.
    Device,
    /// It has as many sockets as its limit allows.
    TooManySockets {
        /// The limit.
        limit: u32,
    },
    /// It wanted more memory than its limit allows.
    TooMuchMemory {
        /// The limit in bytes.
        limit: usize,
    },
}

impl std::fmt::Display for Notice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Notice::Denied(denial) => denial.fmt(f),
            Notice::Device => f.write_str("binding a socket to a device is never allowed"),
            Notice::TooManySockets { limit } => write!(
                f,
                "the guest has {limit} sockets, which is its limit; raise it with --max-sockets"
            ),
            Notice::TooMuchMemory { limit } => write!(
                f,
                "the guest wants more than {} MiB of memory, which is its limit; \
                 raise it with --max-memory",
                limit >> 20
            ),
        }
    }
}

/// Tells each thing once.
pub(crate) struct Notices {
    tell: Box<dyn FnMut(&Notice) + Send>,
    told: HashSet<Notice>,
    socket_limit: u32,
}

impl Notices {
    pub(crate) fn new(tell: Box<dyn FnMut(&Notice) + Send>, socket_limit: u32) -> Self {
        Notices {
            tell,
            told: HashSet::new(),
            socket_limit,
        }
    }

    /// Lets through what is allowed, and tells what is not.
    pub(crate) fn pass<T>(&mut self, outcome: Result<T, Denial>) -> Result<T, Errno> {
        outcome.map_err(|denial| {
            self.tell(Notice::Denied(denial));
            Errno::ACCES
        })
    }

    pub(crate) fn device(&mut self) {
        self.tell(Notice::Device);
    }

    pub(crate) fn too_many_sockets(&mut self) {
        let limit = self.socket_limit;
        self.tell(Notice::TooManySockets { limit });
    }

    pub(crate) fn memory_limit(&mut self, memory: &MemoryLimit) {
        if let Some(limit) = memory.exceeded() {
            self.tell(Notice::TooMuchMemory { limit });
        }
    }

    fn tell(&mut self, notice: Notice) {
        if self.told.len() < TOLD_MAX && !self.told.contains(&notice) {
            (self.tell)(&notice);
            self.told.insert(notice);
        }
    }
}
