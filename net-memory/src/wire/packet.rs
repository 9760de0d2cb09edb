use std::fmt;
use std::sync::Arc;

use net_traits::Endpoint;

/// The protocol of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Protocol {
    /// A stream between IP addresses.
    Tcp,
    /// Datagrams between IP addresses.
    Udp,
    /// A stream or datagrams between Unix sockets of one host.
    Unix,
    /// A lookup of a name.
    Lookup,
}

/// The kind of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PacketKind {
    /// Requests a connection.
    Syn,
    /// Accepts the request for a connection.
    SynAck,
    /// Completes the handshake, or answers a keep-alive probe.
    Ack,
    /// The bytes of one write to a stream.
    Data,
    /// The end of a stream.
    Fin,
    /// Resets a connection, or refuses it.
    Reset,
    /// A datagram.
    Datagram,
    /// No socket receives datagrams at the address (ICMP).
    Unreachable,
    /// A keep-alive probe.
    KeepAlive,
    /// A lookup of a name.
    Query,
}

/// One direction of a conversation.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Flow {
    pub(crate) protocol: Protocol,
    pub(crate) from: Place,
    pub(crate) to: Place,
}

/// An address, and the host that has it.
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
/// Acknowledgements of data are no packets of their own: they take no time, and
/// are lost only while rules stop every packet in their direction.
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

    /// Returns the protocol.
    #[must_use]
    pub fn protocol(&self) -> Protocol {
        self.flow.protocol
    }

    /// Returns the kind.
    #[must_use]
    pub fn kind(&self) -> PacketKind {
        self.kind
    }

    /// Returns the number of bytes of data.
    #[must_use]
    #[expect(
        clippy::len_without_is_empty,
        reason = "a packet without data is not an empty packet"
    )]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Returns how often it was sent before: TCP retransmits what is lost.
    #[must_use]
    pub fn attempt(&self) -> u32 {
        self.attempt
    }

    /// Returns the address that it comes from.
    #[must_use]
    pub fn from(&self) -> &Endpoint {
        &self.flow.from.endpoint
    }

    /// Returns the address that it goes to.
    #[must_use]
    pub fn to(&self) -> &Endpoint {
        &self.flow.to.endpoint
    }

    /// Returns the name of the host that it comes from.
    #[must_use]
    pub fn from_host(&self) -> &str {
        &self.flow.from.name
    }

    /// Returns the name of the host that it goes to.
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
