//! Malicious servers, and those of other protocols.

use std::io::ErrorKind;
use std::time::Duration;

use net::prelude::*;
use net::{Network, Result, net_test};
use net_websocket::{Client, Reason, WebSocket};

use crate::raw::{self, FIN, TEXT, masked};
use crate::support::SOON;

/// Returns the result of a client whose server sends a modified response.
async fn connect<N: Network + Clone + 'static>(
    net: &N,
    answer: impl Fn(String) -> Vec<u8> + Send + 'static,
) -> Result<net_websocket::Result<WebSocket>> {
    let listener = net.listen("tcp", "127.0.0.1:0").await?;
    let url = format!("ws://{}/path?secret", listener.local_addr()?);
    net::spawn(async move {
        let (mut stream, _) = listener.accept().await?;
        let good = raw::answer_to(&mut stream).await?;
        // The client may disconnect before all is written.
        let _ = stream.write_all(&answer(good)).await;
        stream.shutdown().await.ok();
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest).await;
        Result::<_>::Ok(())
    });
    let client = Client::with_dialer(net.clone());
    Ok(net::time::timeout(SOON, client.connect(&url)).await?)
}

#[net_test(backends(native, memory))]
async fn an_answer_that_is_wrong_is_no_connection(
    net: impl Network + Clone + 'static,
) -> Result<()> {
    type Spoil = fn(&str) -> String;
    let cases: [(&str, Spoil); 7] = [
        ("Sec-WebSocket-Accept", |good| {
            good.replace("Accept: ", "Accept: x")
        }),
        ("Sec-WebSocket-Accept", |good| {
            good.replace("Sec-WebSocket-Accept", "X")
        }),
        ("Upgrade", |good| good.replace(": websocket", ": h2c")),
        ("Upgrade", |good| {
            good.replace("Connection: Upgrade", "X: y")
        }),
        ("extension", |good| {
            good.replace("\r\n\r\n", "\r\nSec-WebSocket-Extensions: x\r\n\r\n")
        }),
        ("subprotocol", |good| {
            good.replace("\r\n\r\n", "\r\nSec-WebSocket-Protocol: x\r\n\r\n")
        }),
        ("httparse", |_| "SSH-2.0-OpenSSH_9.2\r\n".to_owned()),
    ];
    for (what, spoil) in cases {
        let connected = connect(&net, move |good| spoil(&good).into()).await?;
        let error = connected.expect_err(what);
        assert!(matches!(error.reason(), Reason::Handshake(_)), "{error:#?}");
        assert_eq!(error.kind(), ErrorKind::InvalidData, "{error}");
        let said = error.to_string();
        assert!(said.contains("/path: "), "{said}");
        assert!(said.to_lowercase().contains(&what.to_lowercase()), "{said}");
    }
    Ok(())
}

#[net_test(backends(native, memory))]
async fn a_refusal_is_told_with_its_answer(net: impl Network + Clone + 'static) -> Result<()> {
    let answer = "HTTP/1.1 403 Forbidden\r\nX-Reason: bad day\r\nContent-Length: 2\r\n\r\nno";
    let connected = connect(&net, |_| answer.into()).await?;
    let error = connected.expect_err("refused");
    let Reason::Refused(response) = error.reason() else {
        panic!("{error:#?}");
    };
    assert_eq!(response.status(), 403);
    assert_eq!(response.headers()["x-reason"], "bad day");
    assert_eq!(&response.body()[..], b"no");
    assert!(
        error
            .to_string()
            .ends_with("the server answered 403 Forbidden")
    );
    Ok(())
}

#[net_test(backends(native, memory))]
async fn a_head_without_an_end_is_refused(net: impl Network + Clone + 'static) -> Result<()> {
    let head = |_| format!("HTTP/1.1 101 X\r\nX: {}", "x".repeat(1 << 20)).into();
    let error = connect(&net, head).await?.expect_err("too long");
    assert!(error.to_string().contains("too long"), "{error}");
    Ok(())
}

#[net_test(backends(native, memory))]
async fn a_server_that_hangs_up_in_the_handshake_is_an_error(
    net: impl Network + Clone + 'static,
) -> Result<()> {
    let half = |good: String| good.as_bytes()[..40].to_vec();
    let error = connect(&net, half).await?.expect_err("half an answer");
    assert_eq!(error.kind(), ErrorKind::ConnectionReset, "{error}");
    Ok(())
}

#[net_test(backends(native, memory))]
async fn a_server_that_masks_is_refused(net: impl Network + Clone + 'static) -> Result<()> {
    let frame = masked(FIN | TEXT, b"hello");
    // Directly after the response.
    let connected = connect(&net, move |good| [good.as_bytes(), &frame].concat()).await?;
    let error = connected?.recv().await.expect_err("masked");
    assert!(error.to_string().contains("masked"), "{error}");
    Ok(())
}

#[net_test(backends(native, memory))]
async fn a_handshake_that_stalls_has_its_time(net: impl Network + Clone + 'static) -> Result<()> {
    let listener = net.listen("tcp", "127.0.0.1:0").await?;
    let url = format!("ws://{}/", listener.local_addr()?);
    let hasty = Client::with_dialer(net).with_handshake_timeout(Duration::from_millis(50));
    let connecting = net::time::timeout(SOON, hasty.connect(&url)).await?;
    let error = connecting.expect_err("nobody answers");
    assert!(error.is_timeout(), "{error}");
    assert!(error.to_string().ends_with("within 50ms"), "{error}");
    Ok(())
}
