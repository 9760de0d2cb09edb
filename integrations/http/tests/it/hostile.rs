//! Malicious peers: their connection ends, others are served.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use net::prelude::*;
use net::{Network, Result, net_test};
use net_http::Server;

use crate::support::{Running, SOON, app, talk};

const GOOD: &[u8] = b"GET / HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n";

/// Checks that the server still works.
async fn serves<N: Network>(net: &N, server: &Running) -> Result<()> {
    let answer = talk(net, &server.address, GOOD).await?;
    assert!(answer.ends_with("Hello, World!"), "{answer}");
    Ok(())
}

#[net_test(backends(native, memory))]
async fn a_head_that_never_ends_has_its_time(net: impl Network) -> Result<()> {
    let told = Arc::new(Mutex::new(Vec::new()));
    let hook = Arc::clone(&told);
    let strict = Server::new()
        .with_header_timeout(Duration::from_millis(100))
        .with_error_hook(move |error| hook.lock().unwrap().push(error.to_string()));
    let server = Running::start(&net, strict, app()).await?;
    let mut slow = net.dial("tcp", &server.address).await?;
    slow.write_all(b"GET / HTTP/1.1\r\nHost: te").await?;
    let mut answer = Vec::new();
    let ended = net::time::timeout(SOON, slow.read_to_end(&mut answer)).await?;
    assert!(ended.is_ok() || answer.is_empty(), "{ended:?}");
    serves(&net, &server).await?;
    server.stop().await?;
    let told = told.lock().unwrap().join("\n");
    assert!(told.contains("timeout"), "{told}");
    Ok(())
}

/// Nothing, and prefixes of HTTP/1 and HTTP/2.
#[net_test(backends(native, memory))]
async fn a_peer_that_says_too_little_has_its_time(net: impl Network) -> Result<()> {
    let told = Arc::new(Mutex::new(Vec::new()));
    let hook = Arc::clone(&told);
    let strict = Server::new()
        .with_header_timeout(Duration::from_millis(100))
        .with_error_hook(move |error| hook.lock().unwrap().push(error.to_string()));
    let server = Running::start(&net, strict, app()).await?;
    let beginnings: [&[u8]; 3] = [b"", b"P", b"PRI * HTTP/2.0\r\n\r\nSM"];
    let mut silent = Vec::new();
    for beginning in beginnings {
        let mut stream = net.dial("tcp", &server.address).await?;
        stream.write_all(beginning).await?;
        silent.push(stream);
    }
    for mut stream in silent {
        let ended = net::time::timeout(SOON, stream.read(&mut [0])).await?;
        assert!(matches!(ended, Ok(0) | Err(_)), "{ended:?}");
    }
    serves(&net, &server).await?;
    server.stop().await?;
    let told = told.lock().unwrap();
    assert_eq!(told.len(), beginnings.len(), "{told:?}");
    for error in &*told {
        assert!(error.ends_with("no request within 100ms"), "{error}");
    }
    Ok(())
}

#[net_test(backends(native, memory))]
async fn a_head_without_an_end_is_refused(net: impl Network) -> Result<()> {
    let strict = Server::new().with_max_header_bytes(8 << 10);
    let server = Running::start(&net, strict, app()).await?;
    let mut stream = net.dial("tcp", &server.address).await?;
    stream
        .write_all(b"GET / HTTP/1.1\r\nHost: test\r\nX: ")
        .await?;
    let chunk = [b'x'; 1 << 10];
    let mut sent = 0;
    while sent < 1 << 20 && stream.write_all(&chunk).await.is_ok() {
        sent += chunk.len();
        net::time::sleep(Duration::from_micros(200)).await;
    }
    assert!(sent < 1 << 20, "it takes a head of any length");
    serves(&net, &server).await?;
    server.stop().await
}

#[net_test(backends(native, memory))]
async fn a_head_that_is_too_long_is_told_so(net: impl Network) -> Result<()> {
    let strict = Server::new().with_max_header_bytes(8 << 10);
    let server = Running::start(&net, strict, app()).await?;
    let long = "x".repeat(9 << 10);
    let request = format!("GET / HTTP/1.1\r\nHost: test\r\nX: {long}");
    let mut stream = net.dial("tcp", &server.address).await?;
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    // Unread bytes may cause a reset after the response.
    let ended = net::time::timeout(SOON, stream.read_to_end(&mut answer)).await?;
    let answer = String::from_utf8_lossy(&answer);
    assert!(answer.starts_with("HTTP/1.1 431 "), "{ended:?}: {answer}");
    serves(&net, &server).await?;
    server.stop().await
}

#[net_test(backends(native, memory))]
async fn a_connection_that_is_idle_after_a_request_is_closed(net: impl Network) -> Result<()> {
    let strict = Server::new().with_header_timeout(Duration::from_millis(100));
    let server = Running::start(&net, strict, app()).await?;
    let request = b"GET / HTTP/1.1\r\nHost: test\r\n\r\n";
    let answer = talk(&net, &server.address, request).await?;
    assert!(answer.ends_with("Hello, World!"), "{answer}");
    server.stop().await
}

#[net_test(backends(native, memory))]
async fn too_many_fields_are_refused(net: impl Network) -> Result<()> {
    let strict = Server::new().with_max_headers(10);
    let server = Running::start(&net, strict, app()).await?;
    let fields = "X: y\r\n".repeat(11);
    let request = format!("GET / HTTP/1.1\r\nHost: test\r\n{fields}\r\n");
    let answer = talk(&net, &server.address, request.as_bytes()).await?;
    assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
    serves(&net, &server).await?;
    server.stop().await
}

/// RFC 9112 §6.3 and §11.2: an ambiguous message is rejected, or parsed such that
/// nothing is left over.
#[net_test(backends(native, memory))]
async fn a_request_that_can_be_read_in_two_ways_smuggles_nothing(net: impl Network) -> Result<()> {
    let server = Running::start(&net, Server::new(), app()).await?;
    let smuggled = "GET /peer HTTP/1.1\r\nHost: test\r\n\r\n";
    let heads = [
        "Content-Length: 5\r\nContent-Length: 6\r\n",
        "Content-Length: -1\r\n",
        "Content-Length: 0x5\r\n",
        "Content-Length: 5, 6\r\n",
        "Content-Length : 5\r\n",
        "Transfer-Encoding: identity, chunked, x\r\n",
        "Transfer-Encoding: xchunked\r\n",
        " folded: line\r\nX: y\r\n folded\r\n",
    ];
    for head in heads {
        let request = format!("POST /echo HTTP/1.1\r\nHost: test\r\n{head}\r\n{smuggled}");
        let answer = talk(&net, &server.address, request.as_bytes()).await?;
        assert!(answer.starts_with("HTTP/1.1 400 "), "{head:?}: {answer}");
        assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{head:?}: {answer}");
    }
    serves(&net, &server).await?;
    server.stop().await
}

/// RFC 9112 §6.1: with both, chunked encoding determines the length, and the
/// connection ends.
#[net_test(backends(native, memory))]
async fn a_request_with_both_lengths_is_the_last(net: impl Network) -> Result<()> {
    let server = Running::start(&net, Server::new(), app()).await?;
    let (length, chunked) = ("Content-Length: 3\r\n", "Transfer-Encoding: chunked\r\n");
    for both in [format!("{length}{chunked}"), format!("{chunked}{length}")] {
        let smuggled = "GET /peer HTTP/1.1\r\nHost: test\r\n\r\n";
        let body = "2\r\nok\r\n0\r\n\r\n";
        let request = format!("POST /echo HTTP/1.1\r\nHost: test\r\n{both}\r\n{body}{smuggled}");
        let answer = talk(&net, &server.address, request.as_bytes()).await?;
        assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{both:?}: {answer}");
        let refused = answer.starts_with("HTTP/1.1 400 ");
        assert!(refused || answer.contains("ok"), "{both:?}: {answer}");
    }
    serves(&net, &server).await?;
    server.stop().await
}

/// RFC 9112 §7.1: a chunk that another parser may end elsewhere ends the
/// connection, and what follows is not parsed as a request.
#[net_test(backends(native, memory))]
async fn a_chunk_that_can_be_read_in_two_ways_smuggles_nothing(net: impl Network) -> Result<()> {
    let server = Running::start(&net, Server::new(), app()).await?;
    let smuggled = "GET /peer HTTP/1.1\r\nHost: test\r\n\r\n";
    let bodies = [
        // A size beyond 64 bits, which would be 2 if it wrapped.
        "10000000000000002\r\nok\r\n0\r\n\r\n",
        "fffffffffffffffff\r\nok\r\n0\r\n\r\n",
        // Bare LF.
        "2\nok\r\n0\r\n\r\n",
        "2\r\nok\n0\r\n\r\n",
        "2;x\ny\r\nok\r\n0\r\n\r\n",
        // No size, another base, signs.
        "\r\nok\r\n0\r\n\r\n",
        "0x2\r\nok\r\n0\r\n\r\n",
        "+2\r\nok\r\n0\r\n\r\n",
        "-2\r\nok\r\n0\r\n\r\n",
        // More than the size.
        "2\r\nokay\r\n0\r\n\r\n",
        // A folded trailer.
        "2\r\nok\r\n0\r\nX: y\r\n folded\r\n\r\n",
        " folded\r\n2\r\nok\r\n0\r\n\r\n",
    ];
    for body in bodies {
        let head = "POST /echo HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked";
        let request = format!("{head}\r\n\r\n{body}{smuggled}");
        let mut stream = net.dial("tcp", &server.address).await?;
        stream.write_all(request.as_bytes()).await?;
        let mut answer = Vec::new();
        // The body may be truncated, since the head was sent before.
        let ended = net::time::timeout(SOON, stream.read_to_end(&mut answer)).await;
        ended.expect("the connection ends").ok();
        let answer = String::from_utf8_lossy(&answer);
        assert!(
            answer.matches("HTTP/1.1 ").count() <= 1,
            "{body:?}: {answer}"
        );
    }
    serves(&net, &server).await?;
    server.stop().await
}

#[net_test(backends(native, memory))]
async fn connections_beyond_the_limit_wait_their_turn(net: impl Network) -> Result<()> {
    let small = Server::new().with_max_connections(2);
    let server = Running::start(&net, small, app()).await?;
    let mut open = Vec::new();
    for _ in 0..2 {
        let mut stream = net.dial("tcp", &server.address).await?;
        stream
            .write_all(b"GET / HTTP/1.1\r\nHost: test\r\n\r\n")
            .await?;
        stream.read_u8().await?;
        open.push(stream);
    }
    let address = server.address.clone();
    let third = talk(&net, &address, GOOD);
    let mut third = std::pin::pin!(third);
    let early = net::time::timeout(Duration::from_millis(100), &mut third).await;
    assert!(early.is_err(), "it is served, although there is no room");
    open.pop();
    let answer = third.await?;
    assert!(answer.ends_with("Hello, World!"), "{answer}");
    server.stop().await
}
