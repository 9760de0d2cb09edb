use std::fmt;
use std::sync::Arc;

use net_traits::Endpoint;

/// What a packet belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Protocol {
    /// A stream between IP addresses.
    Tcp,
    /// Datagrams between IP addresses.
    Udp,
    /// A stream or datagrams between paths of one host.
    Unix,
    /// A question for the addresses of a name.
    Lookup,
}

/// What a packet says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PacketKind {
    /// Asks for a connection.
    Syn,
    /// Grants it.
    SynAck,
    /// Ends the handshake.
    Ack,
    /// Bytes of a stream: those of one write.
    Data,
    /// The end of a stream.
    Fin,
    /// The connection is no more, or was never wanted.
    Reset,
    /// A datagram.
    Datagram,
    /// Nobody takes datagrams there (ICMP).
    Unreachable,
    /// Asks whether the other end is still there.
    KeepAlive,
    /// A question for a name.
    Query,
}

/// The one direction of a conversation.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Flow {
    pub(crate) protocol: Protocol,
    pub(crate) from: Place,
    pub(crate) to: Place,
}

/// An address, and whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) host: usize,
    pub(crate) name: Arc<str>,
    pub(crate) endpoint: Endpoint,
}

impl Flow {
    /// The other direction.
    pub(crate) fn back(&self) -> Flow {
        Flow {
            protocol: self.protocol,
            from: self.to.clone(),
            to: self.from.clone(),
        }
    }
}

/// A packet, as rules and traces see it.
///
/// Acknowledgements of data are not packets here: they cost no time and are
/// never lost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packet {
    pub(crate) flow: Arc<Flow>,
    pub(crate) kind: PacketKind,
    pub(crate) len: usize,
    pub(crate) attempt: u32,
}

impl Packet {
    pub(crate) fn new(flow: &Arc<Flow>, kind: PacketKind, len: usize) -> Self {
        Packet {
            flow: Arc::clone(flow),
            kind,
            len,
            attempt: 0,
        }
    }

    /// What it belongs to.
    #[must_use]
    pub fn protocol(&self) -> Protocol {
        self.flow.protocol
    }

    /// What it says.
    #[must_use]
    pub fn kind(&self) -> PacketKind {
        self.kind
    }

    /// How many bytes of data it has.
    #[must_use]
    #[expect(
        clippy::len_without_is_empty,
        reason = "a packet without data is no empty packet"
    )]
    pub fn len(&self) -> usize {
        self.len
    }

    /// How often it was sent before: what TCP loses, it sends again.
    #[must_use]
    pub fn attempt(&self) -> u32 {
        self.attempt
    }

    /// The address it comes from.
    #[must_use]
    pub fn from(&self) -> &Endpoint {
        &self.flow.from.endpoint
    }

    /// The address it goes to.
    #[must_use]
    pub fn to(&self) -> &Endpoint {
        &self.flow.to.endpoint
    }

    /// The name of the host it comes from.
    #[must_use]
    pub fn from_host(&self) -> &str {
        &self.flow.from.name
    }

    /// The name of the host it goes to.
    #[must_use]
    pub fn to_host(&self) -> &str {
        &self.flow.to.name
    }
}

impl fmt::Display for Packet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Flow { protocol, from, to } = &*self.flow;
        write!(f, "{from} > {to} {protocol} {}", self.kind)?;
        if self.len > 0 {
            write!(f, " {} B", self.len)?;
        }
        if self.attempt > 0 {
            write!(f, " (sent again, {})", self.attempt)?;
        }
        Ok(())
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        match self.endpoint.as_unix() {
            Some(address) if address.is_unnamed() => Ok(()),
            _ => write!(f, " {}", self.endpoint),
        }
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Protocol::Tcp => "tcp",
            Protocol::Udp => "udp",
            Protocol::Unix => "unix",
            Protocol::Lookup => "lookup",
        })
    }
}

impl fmt::Display for PacketKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            PacketKind::Syn => "syn",
            PacketKind::SynAck => "syn-ack",
            PacketKind::Ack => "ack",
            PacketKind::Data => "data",
            PacketKind::Fin => "fin",
            PacketKind::Reset => "reset",
            PacketKind::Datagram => "datagram",
            PacketKind::Unreachable => "unreachable",
            PacketKind::KeepAlive => "keep-alive",
            PacketKind::Query => "query",
        })
    }
}
