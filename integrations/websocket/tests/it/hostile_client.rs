//! Malicious clients: they get a close frame, their connection ends, and others
//! are served.

use std::time::Duration;

use net::prelude::*;
use net::{Network, Result, net_test};
use net_websocket::{CloseCode, WebSocket};
use tokio::sync::mpsc;

use crate::raw::{self, BINARY, CLOSE, CONTINUE, FIN, PING, PONG, TEXT, frame, masked, read_frame};
use crate::support::{Running, SOON, echo, serves};

/// Returns what a server with small limits does with bytes: the code of its close
/// frame, and its error.
async fn outcome<N: Network + Clone + 'static>(
    net: &N,
    bytes: &[u8],
) -> Result<(CloseCode, String)> {
    let (said, mut heard) = mpsc::unbounded_channel();
    let run = move |mut socket: WebSocket| {
        let said = said.clone();
        async move {
            loop {
                match socket.recv().await {
                    Ok(Some(message)) => {
                        let _ = socket.send(message).await;
                    }
                    Ok(None) => break,
                    Err(error) => {
                        let _ = said.send(error.to_string());
                        break;
                    }
                }
            }
        }
    };
    let server = Running::serving(
        net,
        |upgrade| {
            let upgrade = upgrade.with_max_message_bytes(1000);
            upgrade.with_max_frame_bytes(500)
        },
        run,
    );
    let server = server.await?;
    let mut stream = raw::dial(net, &server.address).await?;
    stream.write_all(bytes).await?;
    let (first, payload) = read_frame(&mut stream).await?.expect("a close frame");
    assert_eq!(first, FIN | CLOSE, "{payload:?}");
    let code = CloseCode(u16::from_be_bytes([payload[0], payload[1]]));
    // The connection ends after the close frame, without a reset before it.
    assert_eq!(read_frame(&mut stream).await?, None);
    drop(stream);
    let error = net::time::timeout(SOON, heard.recv()).await?;
    serves(net, &server).await?;
    server.stop().await?;
    Ok((code, error.expect("an error")))
}

#[net_test(backends(native, memory))]
async fn what_breaks_the_protocol_ends_the_connection(
    net: impl Network + Clone + 'static,
) -> Result<()> {
    let cases: [(&str, Vec<u8>); 12] = [
        ("unmasked", frame(FIN | TEXT, b"hello")),
        ("Reserved bits", masked(FIN | 0x40 | TEXT, b"hello")),
        ("Fragmented control frame", masked(PING, b"")),
        ("Fragmented control frame", masked(CLOSE, &[3, 232])),
        ("Control frame too big", masked(FIN | PING, &[7; 126])),
        ("nothing to continue", masked(FIN | CONTINUE, b"what?")),
        (
            "more fragments",
            [masked(TEXT, b"one"), masked(FIN | TEXT, b"two")].concat(),
        ),
        ("3", masked(FIN | 0x3, b"")),
        ("11", masked(FIN | 0xB, b"")),
        ("close", masked(FIN | CLOSE, &[3])),
        ("unmasked", frame(FIN | PONG, b"")),
        ("15", masked(FIN | 0xF, b"")),
    ];
    for (what, bytes) in cases {
        let (code, error) = outcome(&net, &bytes).await?;
        assert_eq!(code, CloseCode::PROTOCOL_ERROR, "{what}: {error}");
        assert!(error.contains("violated the protocol"), "{what}: {error}");
        assert!(error.contains(what), "{what}: {error}");
    }
    Ok(())
}

#[net_test(backends(native, memory))]
async fn what_is_too_long_is_refused_by_the_limit(
    net: impl Network + Clone + 'static,
) -> Result<()> {
    let frame = "receive: a frame of 501 bytes is longer than the limit of 500";
    let message = "receive: a message of 1100 bytes is longer than the limit of 1000";
    let fragments = [masked(BINARY, &[0; 400]), masked(CONTINUE, &[0; 400])];
    let fragments = [fragments.concat(), masked(CONTINUE, &[0; 300])].concat();
    // The length alone is rejected, before the payload arrives.
    let mut huge = masked(FIN | BINARY, &[]);
    huge.splice(1..2, [0xFF, 0x7F, 255, 255, 255, 255, 255, 255, 255]);
    let cases = [
        (frame, masked(FIN | TEXT, &[b'x'; 501])),
        (message, fragments),
        ("than the limit of 500", huge),
    ];
    for (expected, bytes) in cases {
        let (code, error) = outcome(&net, &bytes).await?;
        assert_eq!(code, CloseCode::TOO_BIG, "{error}");
        assert!(error.contains(expected), "{error}");
    }
    Ok(())
}

#[net_test(backends(native, memory))]
async fn text_that_is_not_utf8_is_refused(net: impl Network + Clone + 'static) -> Result<()> {
    let half = "ü".as_bytes();
    let cases = [
        masked(FIN | TEXT, &[0xFF]),
        [masked(TEXT, &half[..1]), masked(FIN | CONTINUE, b"x")].concat(),
        [masked(TEXT, &half[..1]), masked(FIN | CONTINUE, b"")].concat(),
        masked(FIN | CLOSE, &[3, 232, 0xFF]),
    ];
    for bytes in cases {
        let (code, error) = outcome(&net, &bytes).await?;
        assert_eq!(code, CloseCode::INVALID_DATA, "{error}");
        assert!(error.contains("UTF-8"), "{error}");
    }
    Ok(())
}

#[net_test(backends(native, memory))]
async fn a_letter_may_be_in_two_fragments(net: impl Network) -> Result<()> {
    let server = Running::echo(&net).await?;
    let mut stream = raw::dial(&net, &server.address).await?;
    let letter = "ü".as_bytes();
    // With a ping between them, which is answered at once.
    let parts = [
        masked(TEXT, &letter[..1]),
        masked(FIN | PING, b"?"),
        masked(FIN | CONTINUE, &letter[1..]),
    ];
    stream.write_all(&parts.concat()).await?;
    let mut frames = Vec::new();
    for _ in 0..2 {
        frames.push(read_frame(&mut stream).await?.expect("a frame"));
    }
    assert!(frames.contains(&(FIN | PONG, b"?".to_vec())), "{frames:?}");
    assert!(
        frames.contains(&(FIN | TEXT, letter.to_vec())),
        "{frames:?}"
    );
    drop(stream);
    server.stop().await
}

#[net_test(backends(native, memory))]
async fn fragments_without_end_keep_nobody_else_waiting(
    net: impl Network + Clone + 'static,
) -> Result<()> {
    let server = Running::echo(&net).await?;
    let mut stream = raw::dial(&net, &server.address).await?;
    stream.write_all(&masked(TEXT, b"")).await?;
    let flood = net::spawn(async move {
        let empty = masked(CONTINUE, b"").repeat(1000);
        while stream.write_all(&empty).await.is_ok() {
            tokio::task::yield_now().await;
        }
    });
    for _ in 0..3 {
        serves(&net, &server).await?;
    }
    flood.abort();
    server.stop().await
}

#[net_test(backends(native, memory))]
async fn pings_without_end_keep_nobody_else_waiting(
    net: impl Network + Clone + 'static,
) -> Result<()> {
    let server = Running::echo(&net).await?;
    let mut stream = raw::dial(&net, &server.address).await?;
    // It does not read the responses.
    let flood = net::spawn(async move {
        let pings = masked(FIN | PING, b"?").repeat(1000);
        while stream.write_all(&pings).await.is_ok() {
            tokio::task::yield_now().await;
        }
    });
    for _ in 0..3 {
        serves(&net, &server).await?;
    }
    flood.abort();
    server.stop().await
}

#[net_test(backends(native, memory))]
async fn a_client_that_never_stops_does_not_hold_up_a_close(net: impl Network) -> Result<()> {
    let (said, mut heard) = mpsc::unbounded_channel();
    let server = Running::serving(
        &net,
        |upgrade| upgrade.with_close_timeout(Duration::from_millis(50)),
        move |mut socket: WebSocket| {
            let said = said.clone();
            async move {
                let _ = said.send(socket.close(CloseCode::NORMAL, "").await);
                // The server still works.
                echo(socket).await;
            }
        },
    );
    let server = server.await?;
    let mut stream = raw::dial(&net, &server.address).await?;
    let flood = net::spawn(async move {
        let texts = masked(FIN | TEXT, b"and another thing").repeat(1000);
        while stream.write_all(&texts).await.is_ok() {
            tokio::task::yield_now().await;
        }
    });
    let closed = net::time::timeout(SOON, heard.recv()).await?;
    let error = closed.expect("a connection").expect_err("no answer");
    assert!(error.is_timeout(), "{error}");
    // Its connection is closed.
    net::time::timeout(SOON, flood).await??;
    server.stop().await
}
