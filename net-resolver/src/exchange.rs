//! One query to one server: over UDP, and over TCP if the response is
//! truncated (RFC 1035 §4.2, RFC 7766).

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use hickory_proto::op::{DnsResponse, Edns, Message, Query};
use net_time::timeout;
use net_traits::{Backend, Endpoint, PacketConn, SocketOptions};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// The advertised UDP payload size, which avoids fragmentation (RFC 9715 §3.1).
const UDP_PAYLOAD: u16 = 1232;

/// Larger, for servers that ignore the advertised size.
const UDP_BUFFER: usize = 4096;

/// Sends a query and waits for its response, on each transport at most for
/// `limit`.
///
/// # Errors
///
/// Returns the error of the socket, or one of kind
/// [`TimedOut`](io::ErrorKind::TimedOut).
pub(crate) async fn ask<B: Backend>(
    backend: &B,
    server: SocketAddr,
    query: &Query,
    limit: Duration,
) -> io::Result<DnsResponse> {
    let question = Question::new(query)?;
    let server = Endpoint::from(server);
    let over_udp = over_udp(backend, &server, &question);
    match timeout(backend, limit, over_udp).await?? {
        Some(response) if !response.truncation => Ok(response),
        _ => timeout(backend, limit, over_tcp(backend, &server, &question)).await?,
    }
}

/// A query as it is sent.
struct Question<'a> {
    id: u16,
    query: &'a Query,
    bytes: Vec<u8>,
}

impl<'a> Question<'a> {
    fn new(query: &'a Query) -> io::Result<Self> {
        // With a random id, which an off-path attacker has to guess (RFC 5452 §4).
        let mut message = Message::query();
        message.metadata.recursion_desired = true;
        message.add_query(query.clone());
        let mut edns = Edns::new();
        edns.set_max_payload(UDP_PAYLOAD).set_version(0);
        message.set_edns(edns);
        let bytes = message.to_vec().map_err(io::Error::other)?;
        Ok(Question {
            id: message.metadata.id,
            query,
            bytes,
        })
    }

    /// Decodes the response to this query; `None` for any other message.
    fn answer(&self, bytes: &[u8]) -> Option<DnsResponse> {
        let (id, _) = bytes.split_first_chunk()?;
        if u16::from_be_bytes(*id) != self.id {
            return None;
        }
        // The decoder checks that it is a response and not a query.
        let response = DnsResponse::from_buffer(bytes.to_vec()).ok()?;
        (response.queries == [self.query.clone()]).then_some(response)
    }
}

/// Returns `None` if the response did not fit into the buffer.
async fn over_udp<B: Backend>(
    backend: &B,
    server: &Endpoint,
    question: &Question<'_>,
) -> io::Result<Option<DnsResponse>> {
    // Connected, so that the system drops what other addresses send and
    // reports a closed port. The local port is new and random each time.
    let socket = backend
        .packet(None, Some(server), &SocketOptions::new())
        .await?;
    socket.send(&question.bytes).await?;
    let mut buf = vec![0; UDP_BUFFER];
    loop {
        let packet = socket.recv_from(&mut buf).await?;
        if packet.truncated && buf.starts_with(&question.id.to_be_bytes()) {
            return Ok(None);
        }
        // Any other message is forged, or late: the response may still come.
        if let Some(response) = question.answer(&buf[..packet.len]) {
            return Ok(Some(response));
        }
    }
}

async fn over_tcp<B: Backend>(
    backend: &B,
    server: &Endpoint,
    question: &Question<'_>,
) -> io::Result<DnsResponse> {
    let mut stream = backend.connect(server, None, &SocketOptions::new()).await?;
    let len = u16::try_from(question.bytes.len()).map_err(io::Error::other)?;
    let message = [&len.to_be_bytes(), question.bytes.as_slice()].concat();
    stream.write_all(&message).await?;
    stream.flush().await?;
    let len = stream.read_u16().await?;
    let mut buf = vec![0; len.into()];
    stream.read_exact(&mut buf).await?;
    let response = question.answer(&buf).ok_or_else(|| {
        let message = "the message over TCP is not a response to the query";
        io::Error::new(io::ErrorKind::InvalidData, message)
    })?;
    if response.truncation {
        let message = "the answer is truncated over TCP too";
        return Err(io::Error::new(io::ErrorKind::InvalidData, message));
    }
    Ok(response)
}
