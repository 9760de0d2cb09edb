//! Futures that are dropped after any number of polls.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use net::{Network, Result, net_test};
use net_websocket::CloseCode;

use crate::support::{Running, SOON, serves};

/// Polls a future a number of times, and lets other tasks run in between. Returns
/// its output if it was ready.
async fn polls<F: Future>(future: F, count: usize) -> Option<F::Output> {
    let mut future = pin!(future);
    for _ in 0..count {
        let mut cx = Context::from_waker(Waker::noop());
        if let Poll::Ready(output) = future.as_mut().poll(&mut cx) {
            return Some(output);
        }
        net::time::sleep(std::time::Duration::from_millis(1)).await;
    }
    None
}

/// More polls than any of the futures needs.
const ENOUGH: usize = 30;

#[net_test(backends(native, memory))]
async fn a_connect_may_be_dropped_after_every_poll(
    net: impl Network + Clone + 'static,
) -> Result<()> {
    let server = Running::echo(&net).await?;
    let url = server.url();
    let mut connected = 0;
    for count in 0..ENOUGH {
        let attempt = net_websocket::connect(&net, &url);
        connected += usize::from(polls(attempt, count).await.is_some());
    }
    assert!(connected > 0, "it never gets there");
    serves(&net, &server).await?;
    server.stop().await
}

#[net_test(backends(native, memory))]
async fn no_message_is_lost_or_torn_by_dropped_futures(
    net: impl Network + Clone + 'static,
) -> Result<()> {
    let server = Running::echo(&net).await?;
    let mut socket = net_websocket::connect(&net, &server.url()).await?;
    // Longer than one write.
    let long = "x".repeat(200_000);
    for count in 1..10_usize {
        let message = format!("{count} {long}");
        // The first poll takes the message, since the connection is idle.
        polls(socket.send(message), count).await;
        let mut patience = 0;
        let answer = loop {
            match polls(socket.recv(), count).await {
                Some(answer) => break answer?,
                None => patience += 1,
            }
            assert!(patience < 10_000, "nothing comes back");
        };
        let answer = answer.expect("an answer");
        let text = answer.as_text().expect("a text");
        assert!(text.starts_with(&format!("{count} ")) && text.len() > 200_000);
    }
    drop(socket);
    server.stop().await
}

#[net_test(backends(native, memory))]
async fn a_close_may_be_dropped_and_done_again(net: impl Network + Clone + 'static) -> Result<()> {
    let server = Running::echo(&net).await?;
    for count in 0..5 {
        let mut socket = net_websocket::connect(&net, &server.url()).await?;
        polls(socket.close(CloseCode::NORMAL, "first"), count).await;
        let closing = socket.close(CloseCode::NORMAL, "second");
        net::time::timeout(SOON, closing).await??;
        assert_eq!(socket.recv().await?, None);
    }
    serves(&net, &server).await?;
    server.stop().await
}
