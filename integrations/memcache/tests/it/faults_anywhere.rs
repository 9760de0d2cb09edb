//! Connections that are reset or stall anywhere in a conversation.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use net::memory::{MemoryNet, OnMemory};
use net::net_test;
use net_memcache::{Client, Expiry, Result};

use crate::support::{SOON, Scripted, echo};

/// Reads, stores and deletes.
///
/// # Panics
///
/// Panics if a reply belongs to another request.
async fn talk(cache: &Client) -> Result<()> {
    for key in ["one", "two"] {
        assert_eq!(cache.get(key).await?.expect("an item").value, key);
    }
    cache.set("three", "a value", Expiry::Never).await?;
    for (key, item) in cache.get_many(["four", "five"]).await? {
        assert_eq!(item.value, key);
    }
    assert!(cache.delete("six").await?);
    Ok(())
}

/// A client that does not consider the server down, however often it fails.
fn client(net: &MemoryNet, server: &Scripted) -> Result<Client> {
    Client::builder(net.clone())
        .with_servers([server.address.clone()])
        .with_failure_limit(1000)
        .build()
}

#[net_test(backend = memory)]
async fn a_reset_after_any_byte_is_an_error_or_is_retried(net: MemoryNet) -> Result<()> {
    // Each direction has some 250 bytes.
    let mut errors = 0;
    for bytes in 1..=400 {
        let server = Scripted::start(&net, echo).await;
        let cache = client(&net, &server)?;
        let rule = net.rule().tcp().reset_after(bytes);
        let talked = net::time::timeout(SOON, talk(&cache)).await;
        drop(rule);
        if let Err(error) = talked.expect("an end") {
            assert!(error.is_unreachable(), "after {bytes}: {error}");
            assert!(bytes < 400, "{error}");
            errors += 1;
        }
        talk(&cache).await?;
    }
    assert!(errors > 20, "{errors}");
    Ok(())
}

#[net_test(backend = memory, start_paused)]
async fn a_stall_at_any_packet_is_a_timeout_and_no_reply_comes_late(net: MemoryNet) -> Result<()> {
    for packets in 0.. {
        let server = Scripted::start(&net, echo).await;
        let cache = client(&net, &server)?;
        let passed = Arc::new(AtomicUsize::new(0));
        let counting = Arc::clone(&passed);
        let is_late = move |_: &_| counting.fetch_add(1, Ordering::Relaxed) >= packets;
        let rule = net.rule().tcp().matching(is_late).stall();
        let talked = net::time::timeout(SOON, talk(&cache)).await;
        // What was delayed arrives now.
        drop(rule);
        let works = async { while talk(&cache).await.is_err() {} };
        let worked = net::time::timeout(SOON, works).await;
        worked.expect("a new connection");
        match talked.expect("an end") {
            Ok(()) => {
                assert!(packets > 10, "{packets}");
                return Ok(());
            }
            Err(error) => assert!(error.is_timeout(), "after {packets}: {error}"),
        }
    }
    Ok(())
}
