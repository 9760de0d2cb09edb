//! The close handshake (RFC 6455 §7).

use std::io::ErrorKind;
use std::time::Duration;

use net::prelude::*;
use net::{Network, Result, net_test};
use net_websocket::{Client, CloseCode, Reason};
use tokio::sync::mpsc;

use crate::raw::{self, CLOSE, FIN, TEXT, frame};
use crate::support::{Running, SOON};

#[net_test(backends(native, memory))]
async fn a_client_says_why_it_closes(net: impl Network + Clone + 'static) -> Result<()> {
    let (said, mut heard) = mpsc::unbounded_channel();
    let server = Running::serving(
        &net,
        |upgrade| upgrade,
        move |mut socket| {
            let said = said.clone();
            async move {
                let end = socket.recv().await;
                let _ = said.send((end.expect("no error"), socket.close_frame().cloned()));
            }
        },
    );
    let server = server.await?;
    let mut socket = net_websocket::connect(&net, &server.url()).await?;
    socket.close(CloseCode(4000), "enough").await?;
    let (end, frame) = heard.recv().await.expect("a connection");
    let frame = frame.expect("a close frame");
    assert_eq!(end, None);
    assert_eq!((frame.code, &*frame.reason), (CloseCode(4000), "enough"));
    let error = socket.send("more").await.expect_err("it is closed");
    assert!(error.is_closed(), "{error}");
    // Closing again does nothing.
    socket.close(CloseCode::NORMAL, "").await?;
    server.stop().await
}

#[net_test(backends(native, memory))]
async fn a_server_says_why_it_closes(net: impl Network + Clone + 'static) -> Result<()> {
    let server = Running::serving(
        &net,
        |upgrade| upgrade,
        |mut socket| async move {
            let _ = socket.send("last").await;
            let closed = socket.close(CloseCode::GOING_AWAY, "restart").await;
            closed.expect("the client does its part");
        },
    );
    let server = server.await?;
    let mut socket = net_websocket::connect(&net, &server.url()).await?;
    assert_eq!(socket.recv().await?, Some("last".into()));
    assert_eq!(socket.recv().await?, None);
    let frame = socket.close_frame().expect("a close frame");
    assert_eq!(frame.to_string(), "1001 \"restart\"");
    let error = socket.send("more").await.expect_err("it is closed");
    assert!(error.to_string().contains("1001 \"restart\""), "{error}");
    server.stop().await
}

#[net_test(backends(native, memory))]
async fn a_peer_that_is_gone_without_a_word_is_an_error(
    net: impl Network + Clone + 'static,
) -> Result<()> {
    let listener = net.listen("tcp", "127.0.0.1:0").await?;
    let url = format!("ws://{}/", listener.local_addr()?);
    let (socket, stream) = tokio::join!(net_websocket::connect(&net, &url), raw::accept(&listener));
    drop(stream?);
    let mut socket = socket?;
    let error = socket.recv().await.expect_err("no close frame");
    assert!(matches!(error.reason(), Reason::Reset), "{error}");
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    // It ends, then.
    assert_eq!(socket.recv().await?, None);
    Ok(())
}

#[net_test(backends(native, memory))]
async fn a_peer_that_does_not_answer_a_close_has_its_time(
    net: impl Network + Clone + 'static,
) -> Result<()> {
    let listener = net.listen("tcp", "127.0.0.1:0").await?;
    let url = format!("ws://{}/", listener.local_addr()?);
    let hasty = Client::with_dialer(net).with_close_timeout(Duration::from_millis(50));
    let (socket, stream) = tokio::join!(hasty.connect(&url), raw::accept(&listener));
    let (mut socket, mut stream) = (socket?, stream?);
    // It keeps sending.
    stream.write_all(&frame(FIN | TEXT, b"and")).await?;
    let closing = socket.close(CloseCode::NORMAL, "");
    let error = net::time::timeout(SOON, closing)
        .await?
        .expect_err("no answer");
    assert!(error.is_timeout(), "{error}");
    // The socket is closed, although the value is still there.
    let mut rest = Vec::new();
    net::time::timeout(SOON, stream.read_to_end(&mut rest))
        .await?
        .ok();
    Ok(())
}

#[net_test(backends(native, memory))]
async fn a_server_that_never_hangs_up_has_its_time(
    net: impl Network + Clone + 'static,
) -> Result<()> {
    let listener = net.listen("tcp", "127.0.0.1:0").await?;
    let url = format!("ws://{}/", listener.local_addr()?);
    let hasty = Client::with_dialer(net).with_close_timeout(Duration::from_millis(50));
    let (socket, stream) = tokio::join!(hasty.connect(&url), raw::accept(&listener));
    let (mut socket, mut stream) = (socket?, stream?);
    stream.write_all(&frame(FIN | CLOSE, &[3, 232])).await?;
    let end = net::time::timeout(SOON, socket.recv()).await?;
    assert_eq!(end?, None);
    assert_eq!(
        socket.close_frame().map(|frame| frame.code),
        Some(CloseCode::NORMAL)
    );
    Ok(())
}

#[net_test(backend = memory)]
async fn what_must_not_be_sent_is_not(net: net::memory::MemoryNet) -> Result<()> {
    let server = Running::echo(&net).await?;
    let mut socket = net_websocket::connect(&net, &server.url()).await?;
    for code in [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000] {
        let error = socket.close(CloseCode(code), "").await;
        let error = error.expect_err("not for the wire");
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{code}: {error}");
    }
    let error = socket.close(CloseCode::NORMAL, &"x".repeat(124)).await;
    assert!(error.expect_err("too long").to_string().contains("124"));
    // The connection is still open.
    socket.send("hello").await?;
    assert_eq!(socket.recv().await?, Some("hello".into()));
    drop(socket);
    server.stop().await
}
