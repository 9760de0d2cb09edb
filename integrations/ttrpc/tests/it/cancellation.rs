//! Calls that are dropped.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

use net::{Network, Result, net_test};
use net_ttrpc::Server;

use crate::support::{Running, number, text};

/// Polls a future at most a number of times, whenever it is woken, and drops it.
/// Returns whether it was ready.
async fn drop_after(polls: usize, future: impl Future) -> bool {
    let mut future = pin!(future);
    let mut left = polls;
    poll_fn(|cx| {
        if left == 0 {
            return Poll::Ready(false);
        }
        left -= 1;
        match future.as_mut().poll(cx) {
            Poll::Ready(_) => Poll::Ready(true),
            Poll::Pending if left == 0 => Poll::Ready(false),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

#[net_test(backends(native, memory))]
async fn a_call_may_be_dropped_after_every_poll(net: impl Network) -> Result<()> {
    let server = Running::start(&net, Server::new()).await?;
    let greeter = server.client(&net).await?;
    for polls in 0..1000 {
        let ready = drop_after(polls, greeter.hello(text("dropped"))).await;
        let answer = greeter.hello(text("World")).await?;
        assert_eq!(answer.value, "Hello, World!", "after {polls} polls");
        if ready {
            return Ok(());
        }
    }
    panic!("the call is never ready");
}

#[net_test(backends(native, memory))]
async fn a_stream_may_be_dropped_after_every_poll(net: impl Network) -> Result<()> {
    let server = Running::start(&net, Server::new()).await?;
    let greeter = server.client(&net).await?;
    for polls in 0..1000 {
        let call = async {
            let mut numbers = greeter.count(number(3)).await?;
            while numbers.message().await?.is_some() {}
            let mut sum = greeter.sum(()).await?;
            sum.send(number(1)).await?;
            sum.finish().await
        };
        let ready = drop_after(polls, call).await;
        let answer = greeter.hello(text("World")).await?;
        assert_eq!(answer.value, "Hello, World!", "after {polls} polls");
        if ready {
            return Ok(());
        }
    }
    panic!("the call is never ready");
}

#[net_test(backends(native, memory))]
async fn waiting_for_a_message_loses_none(net: impl Network) -> Result<()> {
    let server = Running::start(&net, Server::new()).await?;
    let greeter = server.client(&net).await?;
    let mut numbers = greeter.count(number(100)).await?;
    let mut expected = 0;
    while expected < 100 {
        let mut message = pin!(numbers.message());
        let polled = poll_fn(|cx| Poll::Ready(message.as_mut().poll(cx))).await;
        if let Poll::Ready(message) = polled {
            assert_eq!(message?, Some(number(expected)));
            expected += 1;
        } else {
            tokio::task::yield_now().await;
        }
    }
    assert_eq!(numbers.message().await?, None);
    Ok(())
}
