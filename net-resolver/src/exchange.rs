//! One question to one server: over UDP, and over TCP if the answer is too
//! long for that (RFC 1035 §4.2, RFC 7766).

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use hickory_proto::op::{DnsResponse, Edns, Message, Query};
use net_traits::{Backend, Endpoint, PacketConn, SocketOptions};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::within::within;

/// The longest answer that is asked for over UDP, such that none is sent in
/// fragments (RFC 9715 §3.1).
const UDP_PAYLOAD: u16 = 1232;

/// Room for servers that send more than they were asked for.
const UDP_BUFFER: usize = 4096;

/// Asks, and waits for a fitting answer for so long on each transport.
///
/// # Errors
///
/// The sockets' own, and [`TimedOut`](io::ErrorKind::TimedOut).
pub(crate) async fn ask<B: Backend>(
    backend: &B,
    server: SocketAddr,
    query: &Query,
    timeout: Duration,
) -> io::Result<DnsResponse> {
    let question = Question::new(query)?;
    let server = Endpoint::from(server);
    let response = within(backend, timeout, over_udp(backend, &server, &question)).await?;
    match response {
        Some(response) if !response.truncation => Ok(response),
        _ => within(backend, timeout, over_tcp(backend, &server, &question)).await,
    }
}

/// A question as it is sent.
struct Question<'a> {
    id: u16,
    query: &'a Query,
    bytes: Vec<u8>,
}

impl<'a> Question<'a> {
    fn new(query: &'a Query) -> io::Result<Self> {
        // With a random id, which whoever forges an answer has to guess.
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

    /// Reads the answer to this question. Anything else is none.
    fn answer(&self, bytes: &[u8]) -> Option<DnsResponse> {
        let (id, _) = bytes.split_first_chunk()?;
        if u16::from_be_bytes(*id) != self.id {
            return None;
        }
        // That it is a response and no query, the decoder checks.
        let response = DnsResponse::from_buffer(bytes.to_vec()).ok()?;
        (response.queries == [self.query.clone()]).then_some(response)
    }
}

/// `None` if the answer did not fit into the buffer.
async fn over_udp<B: Backend>(
    backend: &B,
    server: &Endpoint,
    question: &Question<'_>,
) -> io::Result<Option<DnsResponse>> {
    // Connected: the system hands on what comes from the server only, and
    // tells when nobody listens there. The port is new and random each time.
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
        // What does not fit is a forgery, or late: the answer may still come.
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
        let message = "what came over TCP is no answer to the question";
        io::Error::new(io::ErrorKind::InvalidData, message)
    })?;
    if response.truncation {
        let message = "the answer is truncated over TCP too";
        return Err(io::Error::new(io::ErrorKind::InvalidData, message));
    }
    Ok(response)
}
