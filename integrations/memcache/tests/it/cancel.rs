//! Operations that are dropped after any number of polls.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use net::{Network, Result, net_test};
use net_memcache::{Client, Expiry};

use crate::support::{SOON, Scripted, echo};

/// Polls a future the given number of times, and drops it. Returns whether it completed.
async fn dropped_after<F: Future>(polls: usize, future: F) -> bool {
    let mut future = pin!(future);
    let mut polled = 0;
    poll_fn(|cx| {
        if polled == polls {
            return Poll::Ready(false);
        }
        polled += 1;
        match future.as_mut().poll(cx) {
            Poll::Ready(_) => Poll::Ready(true),
            Poll::Pending if polled == polls => Poll::Ready(false),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

/// Drops each operation at each of its polls, on an open connection or on one that must be opened,
/// and checks that the next operation receives its own reply.
async fn assert_safe<N: Network + Clone + 'static>(
    net: &N,
    is_connected: bool,
    operation: impl AsyncFn(&Client),
) -> Result<()> {
    let server = Scripted::start(net, echo).await;
    let cache = server.client(net);
    for polls in 0.. {
        assert!(polls < 100, "it never ends");
        let cache = if is_connected {
            cache.clone()
        } else {
            server.client(net)
        };
        if is_connected {
            cache.get("before").await?;
        }
        let done = dropped_after(polls, operation(&cache)).await;
        let (one, many) = tokio::join!(cache.get("one"), cache.get_many(["two", "three"]));
        assert_eq!(one?.expect("its own").value, "one", "after {polls} polls");
        for (key, item) in many? {
            assert_eq!(item.text(), Ok(key), "after {polls} polls");
        }
        if done {
            break;
        }
    }
    Ok(())
}

/// Drops an operation of each kind.
async fn drop_each<N: Network + Clone + 'static>(net: N, is_connected: bool) -> Result<()> {
    let get = async |cache: &Client| drop(cache.get("dropped").await);
    assert_safe(&net, is_connected, get).await?;
    let set = async |cache: &Client| drop(cache.set("dropped", "value", Expiry::Never).await);
    assert_safe(&net, is_connected, set).await?;
    let delete = async |cache: &Client| drop(cache.delete("dropped").await);
    assert_safe(&net, is_connected, delete).await?;
    let count = async |cache: &Client| drop(cache.incr("dropped", 1).await);
    assert_safe(&net, is_connected, count).await?;
    let append = async |cache: &Client| drop(cache.append("dropped", "more").await);
    assert_safe(&net, is_connected, append).await?;
    let touch = async |cache: &Client| drop(cache.touch("dropped", Expiry::Never).await);
    assert_safe(&net, is_connected, touch).await?;
    let exchange = async |cache: &Client| {
        if let Ok(Some(item)) = cache.get("dropped").await {
            drop(cache.cas("dropped", "value", Expiry::Never, item.cas).await);
        }
    };
    assert_safe(&net, is_connected, exchange).await?;
    let many = async |cache: &Client| drop(cache.get_many(["dropped", "both"]).await);
    assert_safe(&net, is_connected, many).await
}

#[net_test(backends(native, memory))]
async fn a_dropped_operation_leaves_no_reply_to_others(
    net: impl Network + Clone + 'static,
) -> Result<()> {
    drop_each(net, true).await
}

#[net_test(backends(native, memory))]
async fn a_dropped_dial_leaves_the_next_one_to_connect(
    net: impl Network + Clone + 'static,
) -> Result<()> {
    drop_each(net, false).await
}

#[net_test(backends(native, memory))]
async fn a_caller_that_is_not_polled_does_not_block_others(
    net: impl Network + Clone + 'static,
) -> Result<()> {
    let server = Scripted::start(&net, echo).await;
    let cache = server.client(&net);
    cache.ping().await?;
    let mut slow = pin!(cache.get("slow"));
    let is_waiting = poll_fn(|cx| Poll::Ready(slow.as_mut().poll(cx).is_pending())).await;
    assert!(is_waiting);
    for _ in 0..3 {
        assert_eq!(cache.get("key").await?.expect("an item").value, "key");
    }
    assert_eq!(slow.await?.expect("an item").value, "slow");
    Ok(())
}

fn patient<N: Network + Clone + 'static>(
    net: &N,
    server: &Scripted,
) -> net_memcache::Result<Client> {
    Client::builder(net.clone())
        .with_servers([server.address.clone()])
        .with_timeout(Duration::from_secs(60))
        .build()
}

/// Even if there is no other request on its connection, before its timeout.
#[net_test(backends(native, memory))]
async fn a_dropped_store_is_sent_to_its_end(net: impl Network + Clone + 'static) -> Result<()> {
    let server = Scripted::start(&net, echo).await;
    let cache = patient(&net, &server)?;
    cache.ping().await?;
    let value = vec![b'x'; 1 << 20];
    let done = dropped_after(1, cache.set("key", &value, Expiry::Never)).await;
    assert!(!done);
    let arrived = async {
        while server.heard.lock().unwrap().last().map(String::len) != Some(value.len()) {
            net::time::sleep(Duration::from_millis(1)).await;
        }
    };
    net::time::timeout(SOON, arrived).await.expect("all of it");
    Ok(())
}

#[net_test(backends(native, memory))]
async fn cancelled_requests_do_not_accumulate(net: impl Network + Clone + 'static) -> Result<()> {
    let server = Scripted::start(&net, |_| crate::support::Reply::Nothing).await;
    let cache = patient(&net, &server)?;
    cache.ping().await?;
    let value = vec![0; 1 << 20];
    for n in 0..100 {
        // Up to 16 MiB may be outstanding.
        let polled = dropped_after(1, cache.set("key", &value, Expiry::Never)).await;
        assert!(!polled, "{n}");
        tokio::task::yield_now().await;
    }
    let sent = server.heard.lock().unwrap().len();
    assert!(sent <= 64, "{sent} lines and values");
    Ok(())
}
