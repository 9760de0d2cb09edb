//! Deadlines.

use std::time::Duration;

use greeter::greeter_client::GreeterClient;
use net::prelude::*;
use net::{Network, net_test};
use net_grpc::{Channel, Server};
use tonic::{Code, Request};

use crate::support::{Running, greet, named, often, soon};

type Result<T = (), E = Box<dyn std::error::Error>> = std::result::Result<T, E>;

const SHORT: Duration = Duration::from_millis(50);

#[net_test(backends(native, memory))]
async fn a_call_that_takes_too_long_ends_on_both_sides(
    net: impl Network + Clone + 'static,
) -> Result {
    let server = Running::start(&net).await?;
    let mut client = server.client(&net).await?;
    let mut request = Request::new(named("sleeper"));
    request.set_timeout(SHORT);
    let status = soon(client.greet(request)).await.expect_err("too slow");
    assert_eq!(status.code(), Code::DeadlineExceeded, "{status:?}");
    soon(server.host.until_under_way(0)).await;
    assert_eq!(greet(&mut client, "Ann").await?, "Hello, Ann!");
    drop(client);
    Ok(server.stop().await?)
}

#[net_test(backends(native, memory))]
async fn a_stream_that_takes_too_long_ends_on_both_sides(
    net: impl Network + Clone + 'static,
) -> Result {
    let server = Running::start(&net).await?;
    let mut client = server.client(&net).await?;
    let mut request = Request::new(often("Ann", 0));
    request.set_timeout(SHORT);
    let mut replies = soon(client.greet_often(request)).await?.into_inner();
    let status = soon(replies.message()).await.expect_err("it never ends");
    assert_eq!(status.code(), Code::DeadlineExceeded, "{status:?}");
    soon(server.host.until_under_way(0)).await;
    drop((client, replies));
    Ok(server.stop().await?)
}

#[net_test(backends(native, memory))]
async fn a_channel_gives_each_call_its_time(net: impl Network + Clone + 'static) -> Result {
    let server = Running::start(&net).await?;
    let builder = Channel::builder(net.clone()).with_timeout(Duration::from_secs(3));
    let mut client = GreeterClient::new(builder.connect(&server.uri()).await?);
    assert_eq!(greet(&mut client, "timeout").await?, "3000000u");
    // The shorter one.
    for (own, told) in [(1, "1000000u"), (9, "3000000u")] {
        let mut request = Request::new(named("timeout"));
        request.set_timeout(Duration::from_secs(own));
        let reply = client.greet(request).await?;
        assert_eq!(reply.into_inner().text, told);
    }
    drop(client);
    Ok(server.stop().await?)
}

#[net_test(backends(native, memory))]
async fn a_server_keeps_its_own_limit(net: impl Network + Clone + 'static) -> Result {
    let hasty = Server::builder().with_timeout(SHORT);
    let server = Running::start_at(&net, "127.0.0.1:0", hasty).await?;
    let mut client = server.client(&net).await?;
    let status = greet(&mut client, "sleeper").await.expect_err("too slow");
    assert_eq!(status.code(), Code::DeadlineExceeded, "{status:?}");
    assert_eq!(status.message(), "timed out after 50ms");
    let mut replies = soon(client.greet_often(often("Ann", 0)))
        .await?
        .into_inner();
    let status = soon(replies.message()).await.expect_err("it never ends");
    assert_eq!(status.code(), Code::DeadlineExceeded, "{status:?}");
    assert_eq!(status.message(), "timed out after 50ms");
    drop((client, replies));
    Ok(server.stop().await?)
}

#[net_test(backends(native, memory))]
async fn a_server_that_does_not_answer_is_given_up(net: impl Network + Clone + 'static) -> Result {
    // Connections are not even accepted.
    let listener = net.listen("tcp", "127.0.0.1:0").await?;
    let uri = format!("http://{}", listener.local_addr()?);
    let builder = Channel::builder(net.clone()).with_timeout(SHORT);
    let mut client = GreeterClient::new(builder.connect_lazy(&uri)?);
    let status = greet(&mut client, "Ann").await.expect_err("no answer");
    assert_eq!(status.code(), Code::DeadlineExceeded, "{status:?}");
    Ok(())
}

#[net_test(backends(native, memory))]
async fn a_malformed_timeout_is_refused(net: impl Network + Clone + 'static) -> Result {
    let server = Running::start(&net).await?;
    let mut client = server.client(&net).await?;
    let mut request = Request::new(named("Ann"));
    request
        .metadata_mut()
        .insert("grpc-timeout", "soon".parse()?);
    let status = client.greet(request).await.expect_err("no timeout");
    assert!(
        status.message().contains("malformed grpc-timeout"),
        "{status:?}"
    );
    drop(client);
    Ok(server.stop().await?)
}
