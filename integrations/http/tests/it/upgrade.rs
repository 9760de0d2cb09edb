//! Upgrades to another protocol (RFC 9110 §7.8).

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{Response, StatusCode, header};
use axum::routing::get;
use hyper_util::rt::TokioIo;
use net::prelude::*;
use net::{Network, Result, net_test};
use net_http::Server;

use crate::support::{Running, SOON};

/// Upgrades to an echo protocol.
fn app() -> Router {
    Router::new().route("/", get(upgrade))
}

async fn upgrade(request: Request) -> Response<Body> {
    let upgrading = hyper::upgrade::on(request);
    net::spawn(async move {
        let stream = TokioIo::new(upgrading.await.expect("an upgrade"));
        let (mut read, mut write) = tokio::io::split(stream);
        tokio::io::copy(&mut read, &mut write).await?;
        write.shutdown().await
    });
    Response::builder()
        .status(StatusCode::SWITCHING_PROTOCOLS)
        .header(header::CONNECTION, "upgrade")
        .header(header::UPGRADE, "echo")
        .body(Body::empty())
        .expect("a response")
}

/// Returns an upgraded connection, on which data was sent with the request.
async fn upgraded<N: Network>(net: &N, address: &str) -> Result<N::Stream> {
    let mut stream = net.dial("tcp", address).await?;
    let request = "GET / HTTP/1.1\r\nHost: test\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n";
    stream
        .write_all(format!("{request}early").as_bytes())
        .await?;
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    assert!(head.starts_with(b"HTTP/1.1 101 "));
    expect(&mut stream, b"early").await?;
    Ok(stream)
}

async fn expect(stream: &mut (impl AsyncRead + Unpin), expected: &[u8]) -> Result<()> {
    let mut echoed = vec![0; expected.len()];
    net::time::timeout(SOON, stream.read_exact(&mut echoed)).await??;
    assert_eq!(echoed, expected);
    Ok(())
}

#[net_test(backends(native, memory))]
async fn a_connection_is_upgraded_with_what_came_early(net: impl Network) -> Result<()> {
    let server = Running::start(&net, Server::new(), app()).await?;
    let mut stream = upgraded(&net, &server.address).await?;
    stream.write_all(b"and later").await?;
    expect(&mut stream, b"and later").await?;
    stream.shutdown().await?;
    assert_eq!(stream.read(&mut [0]).await?, 0);
    server.stop().await
}

#[net_test(backends(native, memory))]
async fn an_upgraded_connection_outlives_the_server(net: impl Network) -> Result<()> {
    let server = Running::start(&net, Server::new(), app()).await?;
    let mut stream = upgraded(&net, &server.address).await?;
    // It is neither waited for nor closed.
    server.stop().await?;
    stream.write_all(b"still there?").await?;
    expect(&mut stream, b"still there?").await
}

#[net_test(backends(native, memory))]
async fn an_upgraded_connection_counts_until_it_ends(net: impl Network) -> Result<()> {
    let small = Server::new().with_max_connections(1);
    let server = Running::start(&net, small, app()).await?;
    let address = server.address.clone();
    let stream = upgraded(&net, &address).await?;
    let mut second = std::pin::pin!(upgraded(&net, &address));
    let patience = std::time::Duration::from_millis(50);
    let early = net::time::timeout(patience, &mut second).await;
    assert!(early.is_err(), "there is no room");
    drop(stream);
    drop(net::time::timeout(SOON, second).await??);
    server.stop().await
}
