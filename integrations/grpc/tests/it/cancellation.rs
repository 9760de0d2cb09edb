//! Calls that are cancelled, at every point.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use greeter::greeter_client::GreeterClient;
use net::{Network, net_test};
use net_grpc::Channel;
use tokio_stream::StreamExt;

use crate::support::{Running, greet, named, often, soon};

type Result<T = (), E = Box<dyn std::error::Error>> = std::result::Result<T, E>;

/// Polls a future at most a number of times, then drops it.
async fn give_up_after<F: Future>(polls: usize, future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut left = polls;
    poll_fn(|cx| {
        left -= 1;
        match future.as_mut().poll(cx) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending if left == 0 => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

#[net_test(backends(native, memory))]
async fn a_call_may_be_dropped_after_every_poll(net: impl Network + Clone + 'static) -> Result {
    let server = Running::start(&net).await?;
    for polls in 1.. {
        // A new channel, so that connecting is dropped too.
        let channel = Channel::builder(net.clone()).connect_lazy(&server.uri())?;
        let mut client = GreeterClient::new(channel);
        let whole = soon(give_up_after(polls, client.greet(named("Bob")))).await;
        assert_eq!(greet(&mut client, "Ann").await?, "Hello, Ann!");
        soon(server.host.until_under_way(0)).await;
        if let Some(response) = whole {
            assert_eq!(response?.into_inner().text, "Hello, Bob!");
            assert!(polls > 1, "nothing was dropped");
            break;
        }
    }
    Ok(server.stop().await?)
}

#[net_test(backends(native, memory))]
async fn a_stream_may_be_dropped_after_every_poll(net: impl Network + Clone + 'static) -> Result {
    let server = Running::start(&net).await?;
    let mut client = server.client(&net).await?;
    for polls in 1.. {
        let reading = async {
            let names = ["Bob", "Cid", "Dan"];
            let requests = tokio_stream::iter(names).map(named);
            let mut replies = client.greet_each(requests).await?.into_inner();
            let mut count = 0;
            while replies.message().await?.is_some() {
                count += 1;
            }
            Ok::<_, tonic::Status>(count)
        };
        let whole = soon(give_up_after(polls, reading)).await;
        assert_eq!(greet(&mut client, "Ann").await?, "Hello, Ann!");
        soon(server.host.until_under_way(0)).await;
        if let Some(count) = whole {
            assert_eq!(count?, 3);
            assert!(polls > 1, "nothing was dropped");
            break;
        }
    }
    drop(client);
    Ok(server.stop().await?)
}

#[net_test(backends(native, memory))]
async fn the_server_learns_that_a_call_was_dropped(net: impl Network + Clone + 'static) -> Result {
    let server = Running::start(&net).await?;
    let client = server.client(&net).await?;
    let mut calling = client.clone();
    let call = net::spawn(async move { calling.greet(named("sleeper")).await });
    soon(server.host.until_under_way(1)).await;
    call.abort();
    soon(server.host.until_under_way(0)).await;
    let mut reading = client.clone();
    let replies = soon(reading.greet_often(often("Ann", 0))).await?;
    soon(server.host.until_under_way(1)).await;
    drop(replies);
    soon(server.host.until_under_way(0)).await;
    drop((client, reading));
    Ok(server.stop().await?)
}

#[net_test(backends(native, memory))]
async fn streams_outlive_their_channel(net: impl Network + Clone + 'static) -> Result {
    let server = Running::start(&net).await?;
    let mut client = server.client(&net).await?;
    let mut replies = client.greet_often(often("Ann", 3)).await?.into_inner();
    drop(client);
    let mut count = 0;
    while soon(replies.message()).await?.is_some() {
        count += 1;
    }
    assert_eq!(count, 3);
    drop(replies);
    Ok(server.stop().await?)
}
