//! Malicious peers, over HTTP/2.

use net::prelude::*;
use net::{Network, Result, net_test};
use net_http::Server;

use crate::support::{Running, SOON, app, talk};

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const CONTINUATION: u8 = 9;
const END_STREAM_AND_HEADERS: u8 = 5;

/// A frame (RFC 9113 §4.1).
fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let len = u32::try_from(payload.len()).expect("a short frame");
    let mut frame = len.to_be_bytes()[1..].to_vec();
    frame.extend([kind, flags]);
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

/// `GET /slow` from `test`, in HPACK's static table (RFC 7541 §6).
fn request(stream: u32) -> Vec<u8> {
    let mut block = vec![0x82, 0x86, 0x04, 5];
    block.extend(b"/slow");
    block.extend([0x01, 4]);
    block.extend(b"test");
    frame(HEADERS, END_STREAM_AND_HEADERS, stream, &block)
}

async fn serves<N: Network>(net: &N, server: &Running) -> Result<()> {
    let request = b"GET / HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n";
    let answer = talk(net, &server.address, request).await?;
    assert!(answer.ends_with("Hello, World!"), "{answer}");
    Ok(())
}

/// Sends a prefix, then a frame repeatedly. Returns whether the server closes.
async fn ends_flood<N: Network>(
    net: &N,
    server: &Running,
    mut frames: impl FnMut(u32) -> Vec<u8>,
) -> Result<bool> {
    let stream = net.dial("tcp", &server.address).await?;
    let (mut read, mut write) = stream.into_split();
    let flood = async move {
        write.write_all(PREFACE).await?;
        write.write_all(&frame(SETTINGS, 0, 0, &[])).await?;
        for round in 0..20_000 {
            write.write_all(&frames(2 * round + 1)).await?;
        }
        // Not yet refused, if it comes to that.
        std::io::Result::Ok(write)
    };
    let drain = async move {
        let mut all = Vec::new();
        let _ = read.read_to_end(&mut all).await;
    };
    let both = async {
        let (flood, ()) = tokio::join!(flood, drain);
        flood.is_err()
    };
    Ok(net::time::timeout(SOON, both).await.unwrap_or(false))
}

/// CVE-2023-44487.
#[net_test(backends(native, memory))]
async fn requests_that_are_taken_back_at_once_end_the_connection(net: impl Network) -> Result<()> {
    let server = Running::start(&net, Server::new(), app()).await?;
    let cancel = 8_u32.to_be_bytes();
    let ended = ends_flood(&net, &server, |stream| {
        let mut frames = request(stream);
        frames.extend(frame(RST_STREAM, 0, stream, &cancel));
        frames
    });
    assert!(ended.await?, "it goes on for ever");
    serves(&net, &server).await?;
    server.stop().await
}

#[net_test(backends(native, memory))]
async fn more_streams_than_allowed_are_refused(net: impl Network) -> Result<()> {
    let strict = Server::new().with_max_streams(5);
    let server = Running::start(&net, strict, app()).await?;
    // Each refused stream is answered, up to a limit.
    let ended = ends_flood(&net, &server, request).await?;
    assert!(ended, "it goes on for ever");
    serves(&net, &server).await?;
    server.stop().await
}

#[net_test(backends(native, memory))]
async fn a_frame_that_is_too_large_ends_the_connection(net: impl Network) -> Result<()> {
    let server = Running::start(&net, Server::new(), app()).await?;
    let mut bytes = PREFACE.to_vec();
    bytes.extend(frame(SETTINGS, 0, 0, &[]));
    bytes.extend(frame(HEADERS, 4, 1, &vec![0; 1 << 20]));
    let mut stream = net.dial("tcp", &server.address).await?;
    // The server may close before all is written.
    let _ = stream.write_all(&bytes).await;
    // FRAME_SIZE_ERROR and the end, or a reset if bytes were left unread.
    let mut answer = Vec::new();
    let ended = net::time::timeout(SOON, stream.read_to_end(&mut answer)).await;
    ended.expect("the connection ends").ok();
    serves(&net, &server).await?;
    server.stop().await
}

/// CVE-2024-27316.
#[net_test(backends(native, memory))]
async fn a_head_in_parts_without_end_ends_the_connection(net: impl Network) -> Result<()> {
    let server = Running::start(&net, Server::new(), app()).await?;
    // CONTINUATION frames without end.
    let field = [&[0x00, 1][..], b"x", &[100], &[b'y'; 100]].concat();
    let ended = ends_flood(&net, &server, |stream| {
        let kind = if stream == 1 { HEADERS } else { CONTINUATION };
        frame(kind, 0, 1, &field.repeat(100))
    });
    assert!(ended.await?, "it goes on for ever");
    serves(&net, &server).await?;
    server.stop().await
}

/// Each frame requires an answer, which the client does not read: the server stops
/// reading instead of buffering the answers, and ends the connection in time.
async fn is_held_up_and_ended<N: Network>(
    net: &N,
    server: &Running,
    frames: &[u8],
) -> Result<bool> {
    let mut stream = net.dial("tcp", &server.address).await?;
    stream.write_all(PREFACE).await?;
    stream.write_all(&frame(SETTINGS, 0, 0, &[])).await?;
    let flood = async {
        // More than the buffers in between hold.
        for _ in 0..64 << 10 {
            stream.write_all(frames).await?;
        }
        std::io::Result::Ok(())
    };
    let mut flood = std::pin::pin!(flood);
    // Others are served meanwhile.
    tokio::select! {
        flooded = &mut flood => return Ok(flooded.is_err()),
        answered = serves(net, server) => answered?,
    }
    let flooded = net::time::timeout(SOON, flood).await;
    Ok(flooded.is_ok_and(|flooded| flooded.is_err()))
}

/// CVE-2019-9515, CVE-2019-9512.
#[net_test(backends(native, memory))]
async fn whoever_reads_no_answers_is_held_up_and_cut(net: impl Network) -> Result<()> {
    let strict = Server::new().with_write_timeout(std::time::Duration::from_millis(500));
    let server = Running::start(&net, strict, app()).await?;
    let settings = frame(SETTINGS, 0, 0, &[]).repeat(100);
    let pings = frame(PING, 0, 0, &[7; 8]).repeat(100);
    for frames in [settings, pings] {
        assert!(is_held_up_and_ended(&net, &server, &frames).await?);
    }
    serves(&net, &server).await?;
    server.stop().await
}
