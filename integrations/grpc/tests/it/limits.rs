//! Limits and graceful shutdown.

use std::time::Duration;

use greeter::greeter_client::GreeterClient;
use net::{Network, net_test};
use net_grpc::{Channel, Server};
use tonic::Code;

use crate::support::{Running, greet, named, often, soon};

type Result<T = (), E = Box<dyn std::error::Error>> = std::result::Result<T, E>;

#[net_test(backends(native, memory))]
async fn a_channel_lets_calls_wait_for_room(net: impl Network + Clone + 'static) -> Result {
    let server = Running::start(&net).await?;
    let builder = Channel::builder(net.clone()).with_max_calls(1);
    let mut client = GreeterClient::new(builder.connect(&server.uri()).await?);
    waits_for_a_stream(&mut client).await?;
    drop(client);
    Ok(server.stop().await?)
}

#[net_test(backends(native, memory))]
async fn a_server_lets_calls_wait_for_room(net: impl Network + Clone + 'static) -> Result {
    let narrow = Server::builder().with_max_calls(1);
    let server = Running::start_at(&net, "127.0.0.1:0", narrow).await?;
    let mut client = server.client(&net).await?;
    waits_for_a_stream(&mut client).await?;
    drop(client);
    Ok(server.stop().await?)
}

/// A call waits while a stream is open, and is answered when it has ended.
async fn waits_for_a_stream<N: Network + Clone + 'static>(
    client: &mut crate::support::Client<N>,
) -> Result {
    let stream = soon(client.greet_often(often("Ann", 0))).await?;
    let mut other = client.clone();
    let call = net::spawn(async move { other.greet(named("Bob")).await });
    net::time::sleep(Duration::from_millis(30)).await;
    assert!(!call.is_finished(), "there is no room");
    drop(stream);
    assert_eq!(soon(call).await??.into_inner().text, "Hello, Bob!");
    // All permits are released.
    for _ in 0..3 {
        assert_eq!(greet(client, "Cid").await?, "Hello, Cid!");
    }
    Ok(())
}

#[net_test(backends(native, memory))]
async fn a_call_that_is_under_way_is_finished(net: impl Network + Clone + 'static) -> Result {
    let server = Running::start(&net).await?;
    let mut client = server.client(&net).await?;
    let call = net::spawn(async move { client.greet(named("slow")).await });
    soon(server.host.until_under_way(1)).await;
    server.stop().await?;
    assert_eq!(soon(call).await??.into_inner().text, "at last");
    Ok(())
}

#[net_test(backends(native, memory))]
async fn a_call_that_takes_too_long_is_cut(net: impl Network + Clone + 'static) -> Result {
    let http = net_http::Server::new().with_drain_timeout(Duration::from_millis(20));
    let hasty = Server::builder().with_http(http);
    let server = Running::start_at(&net, "127.0.0.1:0", hasty).await?;
    let mut client = server.client(&net).await?;
    let call = net::spawn(async move { client.greet(named("sleeper")).await });
    soon(server.host.until_under_way(1)).await;
    let error = server.stop().await.expect_err("it is still busy");
    assert!(error.is_timeout(), "{error}");
    let status = soon(call).await?.expect_err("it was cut");
    assert_eq!(status.code(), Code::Unavailable, "{status:?}");
    Ok(())
}
