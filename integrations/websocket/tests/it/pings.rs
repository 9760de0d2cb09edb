//! Pings, which detect peers that are gone.

use std::time::Duration;

use net::prelude::*;
use net::{Network, Result, net_test};
use net_websocket::Client;

use crate::raw::{self, FIN, PONG, TEXT, frame};
use crate::support::{Running, SOON};

#[net_test(backends(native, memory))]
async fn a_peer_that_is_silent_for_too_long_is_given_up(
    net: impl Network + Clone + 'static,
) -> Result<()> {
    let listener = net.listen("tcp", "127.0.0.1:0").await?;
    let url = format!("ws://{}/", listener.local_addr()?);
    let client = Client::with_dialer(net)
        .with_ping_interval(Duration::from_millis(20))
        .with_ping_timeout(Duration::from_millis(30));
    let (socket, stream) = tokio::join!(client.connect(&url), raw::accept(&listener));
    let (mut socket, mut stream) = (socket?, stream?);
    let error = net::time::timeout(SOON, socket.recv()).await?;
    let error = error.expect_err("nobody is there");
    assert!(error.is_timeout(), "{error}");
    assert!(error.to_string().contains("ping within 30ms"), "{error}");
    // It was pinged once: an empty ping, masked.
    let mut asked = Vec::new();
    net::time::timeout(SOON, stream.read_to_end(&mut asked)).await??;
    assert_eq!((asked.len(), &asked[..2]), (6, &[0x89, 0x80][..]));
    Ok(())
}

#[net_test(backends(native, memory))]
async fn a_peer_that_answers_or_talks_is_not_given_up(
    net: impl Network + Clone + 'static,
) -> Result<()> {
    let listener = net.listen("tcp", "127.0.0.1:0").await?;
    let url = format!("ws://{}/", listener.local_addr()?);
    // Long enough for a busy machine to respond in time.
    let client = Client::with_dialer(net)
        .with_ping_interval(Duration::from_millis(5))
        .with_ping_timeout(Duration::from_secs(5));
    let (socket, stream) = tokio::join!(client.connect(&url), raw::accept(&listener));
    let (mut socket, mut stream) = (socket?, stream?);
    let answering = async move {
        let mut ping = [0; 6];
        for _ in 0..3 {
            stream.read_exact(&mut ping).await?;
            stream.write_all(&frame(FIN | PONG, b"")).await?;
        }
        stream.write_all(&frame(FIN | TEXT, b"hello")).await?;
        std::io::Result::Ok(stream)
    };
    let both = async { tokio::join!(socket.recv(), answering) };
    let (message, stream) = net::time::timeout(SOON, both).await?;
    assert_eq!(message?, Some("hello".into()));
    drop(stream?);
    Ok(())
}

#[net_test(backends(native, memory))]
async fn both_sides_ask_each_other_while_nothing_is_said(
    net: impl Network + Clone + 'static,
) -> Result<()> {
    let interval = Duration::from_millis(5);
    let server = Running::serving(
        &net,
        move |upgrade| upgrade.with_ping_interval(interval),
        |mut socket| async move {
            // Its pings are answered in the meantime, and it answers others.
            if let Ok(Some(message)) = socket.recv().await {
                let _ = socket.send(message).await;
            }
        },
    );
    let server = server.await?;
    let client = Client::with_dialer(net).with_ping_interval(interval);
    let mut socket = client.connect(&server.url()).await?;
    let silence = net::time::timeout(Duration::from_millis(60), socket.recv()).await;
    assert!(silence.is_err(), "{silence:?}");
    socket.send("hello").await?;
    assert_eq!(socket.recv().await?, Some("hello".into()));
    drop(socket);
    server.stop().await
}
