//! Notices for the operator about what the guest was refused.

use std::collections::HashSet;

use crate::errno::Errno;
use crate::limits::MemoryLimit;
use crate::policy::Denial;

/// The maximum number of distinct notices, since a guest can cause any number.
const TOLD_MAX: usize = 1000;

/// Something that the guest requested and was refused.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Notice {
    /// The policy denied an operation.
    Denied(Denial),
    /// It tried to bind a socket to a device, which would bypass the policy's
    /// rules about addresses.
    Device,
    /// It reached its limit of open sockets.
    TooManySockets {
        /// The limit.
        limit: u32,
    },
    /// It requested more memory than its limit allows.
    TooMuchMemory {
        /// The limit in bytes.
        limit: usize,
    },
}

impl std::fmt::Display for Notice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Notice::Denied(denial) => denial.fmt(f),
            Notice::Device => {
                f.write_str("binding a socket to a device (SO_BINDTODEVICE) is never allowed")
            }
            Notice::TooManySockets { limit } => write!(
                f,
                "the guest has {limit} sockets open, which is its limit; raise it with --max-sockets"
            ),
            Notice::TooMuchMemory { limit } => write!(
                f,
                "the guest requested more than {} MiB of memory, which is its limit; \
                 raise it with --max-memory",
                limit >> 20
            ),
        }
    }
}

/// Reports each notice once.
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

    /// Passes what is allowed, and reports a denial.
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
