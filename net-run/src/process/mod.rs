//! The state of a running guest.

pub(crate) mod descriptors;
pub(crate) mod failure;
pub(crate) mod files;
pub(crate) mod open_socket;
pub(crate) mod poll_lists;
pub(crate) mod poller;
mod sockets;
pub(crate) mod stdio;
pub(crate) mod trace;
pub(crate) mod wait;

use wasmtime::Memory;
use wasmtime_wasi::p1::WasiP1Ctx;

use self::descriptors::{Descriptors, is_socket};
use self::poll_lists::PollLists;
use self::poller::Poller;
use self::trace::Trace;
use crate::errno::Errno;
use crate::limits::MemoryLimit;
use crate::network::Network;
use crate::notices::Notices;
use crate::policy::Guard;
use crate::stop::StopHandle;

/// The state of a running guest.
pub(crate) struct Process {
    /// WASI's part: everything but sockets and standard streams.
    pub(crate) wasi: WasiP1Ctx,
    pub(crate) memory: Option<Memory>,
    pub(crate) memory_limit: MemoryLimit,
    pub(crate) sources: Descriptors,
    pub(crate) poller: Poller,
    pub(crate) poll_lists: PollLists,
    pub(crate) guard: Guard,
    pub(crate) notices: Notices,
    pub(crate) network: Box<dyn Network>,
    pub(crate) stop: StopHandle,
    pub(crate) trace: Trace,
}

/// What a subscription for a descriptor waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PollTarget {
    /// A standard stream or a socket.
    Place(usize),
    /// A file, which is always ready.
    Always,
}

impl Process {
    /// Returns what a subscription for a descriptor waits for.
    pub(crate) fn poll_target(&mut self, fd: u32) -> Result<PollTarget, Errno> {
        if let Some(place) = self.sources.place(fd) {
            return Ok(PollTarget::Place(place));
        }
        if !is_socket(fd) && files::is_open(&mut self.wasi, fd) {
            return Ok(PollTarget::Always);
        }
        Err(Errno::BADF)
    }
}
