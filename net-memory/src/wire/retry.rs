//! How often what got lost is sent again, and when (`man 7 tcp`, RFC 6298).

use std::time::Duration;

use super::cargo::{Cargo, Segment};

/// `tcp_retries2` of Linux.
const DATA_RETRIES: u32 = 15;
/// `tcp_syn_retries` of Linux.
const HANDSHAKE_RETRIES: u32 = 6;
const FIRST_DATA_RETRY: Duration = Duration::from_millis(200);
const FIRST_HANDSHAKE_RETRY: Duration = Duration::from_secs(1);
/// `attempts` and `timeout` of `man 5 resolv.conf`.
const QUERY_RETRIES: u32 = 1;
const QUERY_RETRY: Duration = Duration::from_secs(5);
const LONGEST_RETRY: Duration = Duration::from_secs(120);

/// What follows the loss of a packet.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Retry {
    After(Duration),
    GiveUpAfter(Duration),
    Never,
}

/// What follows the loss of a packet that was sent `attempt` times before.
pub(crate) fn after_loss(cargo: &Cargo, attempt: u32) -> Retry {
    match schedule(cargo) {
        None => Retry::Never,
        Some((first, retries)) if attempt < retries => Retry::After(wait(first, attempt)),
        Some((first, _)) => Retry::GiveUpAfter(wait(first, attempt)),
    }
}

/// How long the sender waits in all for the answer to what it has sent
/// `attempt` times before.
pub(crate) fn timeout(cargo: &Cargo, attempt: u32) -> Duration {
    schedule(cargo).map_or(Duration::ZERO, |(first, retries)| {
        total(first, attempt, retries)
    })
}

/// How long a handshake may take.
pub(crate) fn handshake_timeout() -> Duration {
    total(FIRST_HANDSHAKE_RETRY, 0, HANDSHAKE_RETRIES)
}

fn total(first: Duration, attempt: u32, retries: u32) -> Duration {
    (attempt..=retries)
        .map(|attempt| wait(first, attempt))
        .sum()
}

fn wait(first: Duration, attempt: u32) -> Duration {
    first.saturating_mul(1 << attempt).min(LONGEST_RETRY)
}

/// The time before the first retry, and how many there are.
fn schedule(cargo: &Cargo) -> Option<(Duration, u32)> {
    match cargo {
        Cargo::Query(_) => Some((QUERY_RETRY, QUERY_RETRIES)),
        Cargo::Segment { segment, .. } => match segment {
            Segment::Content(_) => Some((FIRST_DATA_RETRY, DATA_RETRIES)),
            Segment::Syn | Segment::SynAck | Segment::Ack => {
                Some((FIRST_HANDSHAKE_RETRY, HANDSHAKE_RETRIES))
            }
            // The end that probes sends another probe.
            Segment::Reset | Segment::Probe | Segment::ProbeAnswer => None,
        },
        Cargo::Datagram { .. } | Cargo::Unreachable { .. } => None,
    }
}
