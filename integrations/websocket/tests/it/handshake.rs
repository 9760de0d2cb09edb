//! The opening handshake, as clients ask for it and servers refuse it.

use std::io::ErrorKind;

use http::header::{AUTHORIZATION, CONNECTION, HOST};
use http::{HeaderMap, HeaderName, HeaderValue};
use net::prelude::*;
use net::{Network, Result, net_test};
use net_websocket::{Client, Reason, WebSocketUpgrade};

use axum::Router;
use axum::response::Response;
use axum::routing::any;

use crate::support::{Running, SOON};

#[net_test(backend = memory)]
async fn a_url_that_cannot_be_is_told(net: net::memory::MemoryNet) -> Result<()> {
    let cases = [
        ("", "URL"),
        ("localhost", "ws://"),
        ("http://localhost/", "ws:// or wss://"),
        ("ws:///path", ""),
        ("ws://localhost:99999/", ""),
        ("ws://user:secret@localhost/", "header"),
        ("wss://localhost/", "with_tls"),
    ];
    for (url, expected) in cases {
        let error = net_websocket::connect(&net, url).await;
        let error = error.expect_err(url);
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{url}: {error}");
        let said = format!("{error} {error:#?}");
        assert!(said.contains(expected), "{url}: {said}");
        assert!(!said.contains("secret"), "{url}: {said}");
    }
    Ok(())
}

#[net_test(backends(native, memory))]
async fn a_server_that_is_not_there_is_told_by_its_url(
    net: impl Network + Clone + 'static,
) -> Result<()> {
    let listener = net.listen("tcp", "127.0.0.1:0").await?;
    let address = listener.local_addr()?.to_string();
    drop(listener);
    let error = net_websocket::connect(&net, &format!("ws://{address}/x?token=secret")).await;
    let error = error.expect_err("nobody is there");
    assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
    let said = error.to_string();
    assert!(
        said.starts_with(&format!("connect ws://{address}/x: dial tcp")),
        "{said}"
    );
    assert!(!format!("{error:#?}").contains("secret"));
    // It converts into the dialer's error.
    let error = net::Error::from(error);
    assert!(error.to_string().starts_with("dial tcp"), "{error}");
    Ok(())
}

#[net_test(backends(native, memory))]
async fn headers_are_sent_along(net: impl Network + Clone + 'static) -> Result<()> {
    let handler = |headers: HeaderMap, upgrade: WebSocketUpgrade| async move {
        let token = headers.get(AUTHORIZATION).cloned();
        let token = token.map_or(vec![], |token| token.as_bytes().to_vec());
        let response: Response = upgrade.on_upgrade(|mut socket| async move {
            let _ = socket.send(token).await;
        });
        response
    };
    let server = Running::start(&net, Router::new().route("/", any(handler))).await?;
    let token = HeaderValue::from_static("Bearer secret");
    let client = Client::with_dialer(net).with_header(AUTHORIZATION, token);
    assert!(!format!("{client:?}").contains("secret"));
    // A URL without a path is valid.
    let url = format!("ws://{}", server.address);
    let mut socket = client.connect(&url).await?;
    assert_eq!(socket.recv().await?, Some(b"Bearer secret".to_vec().into()));
    let reserved = [
        HOST,
        CONNECTION,
        HeaderName::from_static("sec-websocket-key"),
    ];
    for name in reserved {
        let spoiled = client
            .clone()
            .with_header(name, HeaderValue::from_static("x"));
        let error = spoiled.connect(&url).await.expect_err("reserved");
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
    }
    drop(socket);
    server.stop().await
}

#[net_test(backends(native, memory))]
async fn what_is_no_handshake_is_refused_with_the_reason(net: impl Network) -> Result<()> {
    let server = Running::echo(&net).await?;
    let good = "GET / HTTP/1.1\r\nHost: test\r\nConnection: keep-alive, Upgrade\r\n\
        Upgrade: WebSocket\r\nSec-WebSocket-Version: 13\r\n\
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    // From, to, the status of the response, and what it must contain.
    let cases = [
        ("", "", 101, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="),
        ("GET", "POST", 405, "allow: GET"),
        ("HTTP/1.1", "HTTP/1.0", 400, "HTTP/1.1"),
        ("Upgrade: WebSocket", "X: y", 426, "upgrade: websocket"),
        (
            "keep-alive, Upgrade",
            "keep-alive",
            426,
            "upgrade: websocket",
        ),
        (
            "Version: 13",
            "Version: 8",
            426,
            "sec-websocket-version: 13",
        ),
        ("Sec-WebSocket-Key", "X", 400, "Sec-WebSocket-Key"),
        ("dGhl", "dG", 400, "Sec-WebSocket-Key"),
    ];
    for (from, to, status, expected) in cases {
        let mut stream = net.dial("tcp", &server.address).await?;
        let request = good.replacen(from, to, 1);
        stream.write_all(request.as_bytes()).await?;
        stream.shutdown().await?;
        let mut answer = Vec::new();
        net::time::timeout(SOON, stream.read_to_end(&mut answer)).await??;
        let answer = String::from_utf8_lossy(&answer);
        assert!(
            answer[8..].starts_with(&format!(" {status} ")),
            "{request}{answer}"
        );
        assert!(answer.contains(expected), "{request}{answer}");
    }
    server.stop().await
}

#[net_test]
async fn curl_is_told_to_upgrade(net: net::Net) -> Result<()> {
    let server = Running::echo(&net).await?;
    let url = format!("http://{}/", server.address);
    let args = ["--silent", "--include", "--noproxy", "*", &url];
    if let Some(curl) = net_peers::run("curl", &args).await {
        let answer = curl.stdout;
        assert!(
            answer.starts_with("HTTP/1.1 426 Upgrade Required"),
            "{answer}"
        );
        assert!(answer.contains("upgrade: websocket"), "{answer}");
    }
    server.stop().await
}

#[net_test(backends(native, memory))]
async fn another_path_is_refused_with_its_status(
    net: impl Network + Clone + 'static,
) -> Result<()> {
    let server = Running::echo(&net).await?;
    let error = net_websocket::connect(&net, &format!("{}other", server.url())).await;
    let error = error.expect_err("no such path");
    assert!(matches!(error.reason(), Reason::Refused(answer) if answer.status() == 404));
    server.stop().await
}
