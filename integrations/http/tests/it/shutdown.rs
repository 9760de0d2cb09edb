//! Graceful shutdown.

use std::io::ErrorKind;
use std::time::Duration;

use net::prelude::*;
use net::{Network, Result, net_test};
use net_http::Server;

use crate::support::{Running, SOON, app};

const SLOW: &[u8] = b"GET /slow HTTP/1.1\r\nHost: test\r\n\r\n";

#[net_test(backends(native, memory))]
async fn a_request_that_is_under_way_is_finished(net: impl Network) -> Result<()> {
    let server = Running::start(&net, Server::new(), app()).await?;
    let address = server.address.clone();
    let mut stream = net.dial("tcp", &address).await?;
    stream.write_all(SLOW).await?;
    net::time::sleep(Duration::from_millis(50)).await;
    let mut answer = String::new();
    let reading = async {
        stream.read_to_string(&mut answer).await?;
        Ok(())
    };
    tokio::try_join!(server.stop(), reading)?;
    assert!(answer.ends_with("at last"), "{answer}");
    let dialed = net.dial("tcp", &address).await.map(drop);
    let error = dialed.expect_err("it is gone");
    assert_eq!(error.kind(), ErrorKind::ConnectionRefused, "{error}");
    Ok(())
}

#[net_test(backends(native, memory))]
async fn an_idle_connection_does_not_hold_it_up(net: impl Network) -> Result<()> {
    let server = Running::start(&net, Server::new(), app()).await?;
    // One connection that was used, and one that was not.
    let mut used = net.dial("tcp", &server.address).await?;
    let request = b"GET / HTTP/1.1\r\nHost: test\r\n\r\n";
    used.write_all(request).await?;
    used.read_u8().await?;
    let mut unused = net.dial("tcp", &server.address).await?;
    net::time::sleep(Duration::from_millis(50)).await;
    server.stop().await?;
    let ended = net::time::timeout(SOON, unused.read(&mut [0])).await?;
    assert!(matches!(ended, Ok(0) | Err(_)), "{ended:?}");
    Ok(())
}

#[net_test(backends(native, memory))]
async fn a_request_that_takes_too_long_is_cut(net: impl Network) -> Result<()> {
    let hasty = Server::new().with_drain_timeout(Duration::from_millis(20));
    let server = Running::start(&net, hasty, app()).await?;
    let mut stream = net.dial("tcp", &server.address).await?;
    stream.write_all(SLOW).await?;
    net::time::sleep(Duration::from_millis(50)).await;
    let error = server.stop().await.expect_err("it is still busy");
    assert_eq!(error.kind(), ErrorKind::TimedOut, "{error}");
    assert!(error.to_string().contains("1 connections"), "{error}");
    let ended = net::time::timeout(SOON, stream.read(&mut [0])).await?;
    assert!(matches!(ended, Ok(0) | Err(_)), "{ended:?}");
    Ok(())
}
