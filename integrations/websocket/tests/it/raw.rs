//! Peers that send raw bytes.

use net::prelude::*;
use net::{Network, Result};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use crate::support::SOON;

pub(crate) const CONTINUE: u8 = 0x0;
pub(crate) const TEXT: u8 = 0x1;
pub(crate) const BINARY: u8 = 0x2;
pub(crate) const CLOSE: u8 = 0x8;
pub(crate) const PING: u8 = 0x9;
pub(crate) const PONG: u8 = 0xA;
pub(crate) const FIN: u8 = 0x80;

/// Encodes a frame of a server (RFC 6455 §5.2).
pub(crate) fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = head(first, payload.len());
    bytes.extend(payload);
    bytes
}

/// Encodes a frame of a client, masked with zeros.
pub(crate) fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = head(first, payload.len());
    bytes[1] |= 0x80;
    bytes.extend([0; 4]);
    bytes.extend(payload);
    bytes
}

fn head(first: u8, len: usize) -> Vec<u8> {
    match (u8::try_from(len), u16::try_from(len)) {
        (Ok(len @ ..=125), _) => vec![first, len],
        (_, Ok(len)) => [&[first, 126][..], &len.to_be_bytes()].concat(),
        _ => [&[first, 127][..], &(len as u64).to_be_bytes()].concat(),
    }
}

/// A connection to a server, whose handshake is done.
pub(crate) async fn dial<N: Network>(net: &N, address: &str) -> Result<N::Stream> {
    let mut stream = net.dial("tcp", address).await?;
    let request = "GET / HTTP/1.1\r\nHost: test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    stream.write_all(request.as_bytes()).await?;
    let answer = read_head(&mut stream).await?;
    assert!(answer.starts_with("HTTP/1.1 101 "), "{answer}");
    Ok(stream)
}

/// Reads a request, and returns the response to it.
pub(crate) async fn answer_to(stream: &mut (impl AsyncRead + Unpin)) -> Result<String> {
    let request = read_head(stream).await?;
    let key = request
        .lines()
        .find_map(|line| line.strip_prefix("Sec-WebSocket-Key: "));
    let accept = derive_accept_key(key.expect("a key").as_bytes());
    Ok(format!(
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Accept: {accept}\r\n\r\n"
    ))
}

/// Accepts a connection, and does the handshake.
pub(crate) async fn accept<L: net::Listener>(listener: &L) -> Result<L::Stream> {
    let (mut stream, _) = listener.accept().await?;
    let answer = answer_to(&mut stream).await?;
    stream.write_all(answer.as_bytes()).await?;
    Ok(stream)
}

async fn read_head(stream: &mut (impl AsyncRead + Unpin)) -> Result<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    Ok(String::from_utf8_lossy(&head).into_owned())
}

/// The first byte and the payload of the next frame, which is a short one of
/// a server; `None` at the end.
pub(crate) async fn read_frame(
    stream: &mut (impl AsyncRead + Unpin),
) -> Result<Option<(u8, Vec<u8>)>> {
    let reading = async {
        let Ok(first) = stream.read_u8().await else {
            return Ok(None);
        };
        let len = stream.read_u8().await?;
        assert!(len <= 125, "a long frame, or a masked one");
        let mut payload = vec![0; len.into()];
        stream.read_exact(&mut payload).await?;
        Ok(Some((first, payload)))
    };
    net::time::timeout(SOON, reading).await?
}
