//! What a packet carries, and to whom.

use std::sync::Arc;

use super::packet::PacketKind;
use crate::lookup::Question;

/// The end of a connection that dialed.
pub(crate) const DIALER: usize = 0;
/// The end of a connection that was dialed.
pub(crate) const ACCEPTOR: usize = 1;

/// An end of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct EndId {
    pub(crate) connection: usize,
    /// No other connection has it, one in the same place included.
    pub(crate) serial: u64,
    pub(crate) side: usize,
}

impl EndId {
    pub(crate) fn other(self) -> Self {
        EndId {
            side: 1 - self.side,
            ..self
        }
    }
}

/// A datagram socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct MailboxId {
    pub(crate) index: usize,
    /// No other socket has it, one in the same place included.
    pub(crate) serial: u64,
}

#[derive(Debug)]
pub(crate) enum Cargo {
    Segment {
        to: EndId,
        segment: Segment,
    },
    Datagram {
        from: MailboxId,
        bytes: Box<[u8]>,
    },
    /// For the sender of a datagram.
    Unreachable {
        to: MailboxId,
    },
    Query(Arc<Question>),
}

/// What one end of a connection sends to the other.
#[derive(Debug, Clone)]
pub(crate) enum Segment {
    Syn,
    SynAck,
    /// The third packet of a handshake.
    Ack,
    Content(Content),
    Reset,
    Probe,
    ProbeAnswer,
}

/// A piece of a stream, and its position.
#[derive(Debug, Clone)]
pub(crate) struct Content {
    pub(crate) seq: u64,
    pub(crate) bytes: Vec<u8>,
    /// Nothing follows. It counts as a byte.
    pub(crate) is_last: bool,
}

impl Content {
    /// The position behind it.
    pub(crate) fn end(&self) -> u64 {
        self.seq + self.bytes.len() as u64 + u64::from(self.is_last)
    }
}

impl Segment {
    pub(crate) fn kind(&self) -> PacketKind {
        match self {
            Segment::Syn => PacketKind::Syn,
            Segment::SynAck => PacketKind::SynAck,
            Segment::Ack | Segment::ProbeAnswer => PacketKind::Ack,
            Segment::Content(content) if content.is_last => PacketKind::Fin,
            Segment::Content(_) => PacketKind::Data,
            Segment::Reset => PacketKind::Reset,
            Segment::Probe => PacketKind::KeepAlive,
        }
    }

    /// The number of bytes of data.
    pub(crate) fn len(&self) -> usize {
        match self {
            Segment::Content(content) => content.bytes.len(),
            _ => 0,
        }
    }

    pub(crate) fn truncate(&mut self, len: usize) {
        if let Segment::Content(content) = self {
            content.bytes.truncate(len);
        }
    }
}
