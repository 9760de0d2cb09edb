use std::io::ErrorKind;
use std::sync::Arc;
use std::task::Waker;

use super::incoming::Incoming;
use crate::options::Options;
use crate::wire::packet::Flow;

/// One of the two ends of a connection.
#[derive(Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own, and they change apart"
)]
pub(crate) struct End {
    /// From this end to the other.
    pub(crate) flow: Arc<Flow>,
    pub(crate) options: Options,
    /// Held by a stream, or by the listener that will accept it.
    pub(crate) is_owned: bool,
    /// Its handshake is done.
    pub(crate) is_established: bool,
    /// It was neither reset nor did it time out.
    pub(crate) is_alive: bool,
    /// What the next read or write returns.
    pub(crate) error: Option<ErrorKind>,

    pub(crate) incoming: Incoming,

    /// The position of what is sent next.
    pub(crate) next_out: u64,
    /// The position up to which the other end has acknowledged.
    pub(crate) acknowledged: u64,
    /// The number of bytes that the other end has not read yet.
    pub(crate) outstanding: usize,
    /// It sends nothing more.
    pub(crate) is_shut: bool,

    pub(crate) probes: Probes,
    pub(crate) reader: Option<Waker>,
    pub(crate) writer: Option<Waker>,
}

/// The keep-alive probes of an end.
#[derive(Debug, Default)]
pub(crate) struct Probes {
    /// A timer of an earlier setting means nothing any more.
    pub(crate) setting: u64,
    pub(crate) unanswered: u32,
}

impl End {
    pub(crate) fn new(flow: Flow, options: Options) -> Self {
        End {
            flow: Arc::new(flow),
            options,
            is_owned: false,
            is_established: false,
            is_alive: true,
            error: None,
            incoming: Incoming::default(),
            next_out: 0,
            acknowledged: 0,
            outstanding: 0,
            is_shut: false,
            probes: Probes::default(),
            reader: None,
            writer: None,
        }
    }

    /// Whether it has an owner and works.
    pub(crate) fn is_open(&self) -> bool {
        self.is_owned && self.is_alive
    }

    pub(crate) fn wake(&mut self, woken: &mut Vec<Waker>) {
        woken.extend(self.reader.take());
        woken.extend(self.writer.take());
    }
}
