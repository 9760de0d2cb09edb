use super::cargo::{Cargo, EndId};
use super::packet::Packet;

/// What happens at its time. The sockets decide what follows from it.
#[derive(Debug)]
pub(crate) enum Due {
    Arrive(Packet, Cargo),
    /// A packet was lost; its sender may want to send it again.
    SendAgain(Packet, Cargo),
    /// A packet was lost each time that it was sent.
    GiveUp(Cargo),
    /// A rule refuses a packet.
    Refused(Packet, Cargo),
    /// A rule resets a connection.
    Break(EndId),
    /// A rule has held what was sent to an end, up to the position `end`, for
    /// as long as its sender waits.
    Unacknowledged {
        to: EndId,
        end: u64,
    },
    /// The handshake of an end must be done by now.
    HandshakeTimeout(EndId),
    /// An end may have to find out whether the other is still there.
    Probe {
        id: EndId,
        setting: u64,
        is_asked: bool,
    },
}
