//! Servers that disappear or stall, in every state of a connection.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use net::memory::MemoryNet;
use net::prelude::*;
use net::{Net, Network, net_test};
use net_memcache::{Client, ErrorKind, Expiry, Result};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::time::Instant;

use crate::support::{Reply, SOON, Scripted, echo, opaque};

/// A server that truncates its first reply, and then works.
async fn cutting<N: Network>(net: &N, part: &'static str) -> Scripted {
    let mut is_first = true;
    let script = move |line: &str| {
        if std::mem::take(&mut is_first) {
            Reply::Last(part.replace("O?", opaque(line)).into_bytes())
        } else {
            echo(line)
        }
    };
    Scripted::start(net, script).await
}

const PARTS: [&str; 5] = [
    "",
    "V",
    "VA 3 f0 c1 O?\r",
    "VA 3 f0 c1 O?\r\n",
    "VA 3 f0 c1 O?\r\nke",
];

#[net_test(backends(native, memory))]
async fn a_read_that_is_cut_short_is_retried_once(
    net: impl Network + Clone + 'static,
) -> Result<()> {
    for part in PARTS {
        let server = cutting(&net, part).await;
        let item = server.client(&net).get("key").await?;
        assert_eq!(item.expect("an item").value, "key", "{part:?}");
        assert_eq!(server.heard.lock().unwrap().len(), 2, "{part:?}");
        let always = |line: &str| Reply::Last(part.replace("O?", opaque(line)).into());
        let server = Scripted::start(&net, always).await;
        let error = server.client(&net).get("key").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Disconnected, "{part:?}: {error}");
        assert_eq!(server.heard.lock().unwrap().len(), 2, "{part:?}");
    }
    Ok(())
}

#[net_test(backends(native, memory))]
async fn a_write_that_is_cut_short_is_not_retried(
    net: impl Network + Clone + 'static,
) -> Result<()> {
    for part in ["", "H", "HD O0\r"] {
        let server = cutting(&net, part).await;
        let cache = server.client(&net);
        let error = cache.incr("key", 1).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Disconnected, "{part:?}: {error}");
        assert_eq!(server.heard.lock().unwrap().len(), 1, "{part:?}");
        assert_eq!(cache.get("key").await?.expect("an item").value, "key");
    }
    Ok(())
}

#[net_test(backends(native, memory))]
async fn a_server_that_hangs_up_or_is_not_memcached_is_an_error(
    net: impl Network + Clone + 'static,
) -> net::Result<()> {
    let greetings = [
        ("", ErrorKind::Disconnected),
        ("M", ErrorKind::Disconnected),
        ("ERROR\r\n", ErrorKind::UnknownCommand),
        ("SERVER_ERROR busy\r\n", ErrorKind::Server),
        ("SSH-2.0-OpenSSH_9.2\r\n", ErrorKind::Protocol),
        ("HTTP/1.1 400 Bad Request\r\n\r\n", ErrorKind::Protocol),
    ];
    let listener = net.listen("tcp", "127.0.0.1:0").await?;
    let address = listener.local_addr()?.to_string();
    let serving = net::spawn(async move {
        for (greeting, _) in greetings {
            let (mut stream, _) = listener.accept().await?;
            stream.read_u8().await?;
            stream.write_all(greeting.as_bytes()).await?;
        }
        net::Result::<_>::Ok(())
    });
    for (greeting, kind) in greetings {
        let cache = Client::builder(net.clone())
            .with_servers([address.clone()])
            .build()?;
        let error = cache
            .set("key", "flush_all", Expiry::Never)
            .await
            .unwrap_err();
        assert_eq!(error.kind(), kind, "{greeting:?}: {error}");
        assert_eq!(error.server(), Some(&*address));
    }
    serving.await?
}

#[net_test(backends(native, memory))]
async fn a_connection_that_was_closed_while_idle_is_not_an_error(
    net: impl Network + Clone + 'static,
) -> Result<()> {
    let closing = |line: &str| match echo(line) {
        Reply::Say(text) => Reply::Last(text),
        other => other,
    };
    let server = Scripted::start(&net, closing).await;
    let cache = server.client(&net);
    for _ in 0..10 {
        cache.delete("key").await?;
        // Until the end of the stream has arrived.
        net::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(server.heard.lock().unwrap().len(), 10);
    Ok(())
}

#[net_test(backends(native, memory))]
async fn a_server_that_stalls_is_a_timeout_and_its_connection_is_gone(
    net: impl Network + Clone + 'static,
) -> Result<()> {
    let mut is_first = true;
    let script = move |line: &str| {
        if std::mem::take(&mut is_first) {
            Reply::Nothing
        } else {
            echo(line)
        }
    };
    let server = Scripted::start(&net, script).await;
    let cache = server.client(&net);
    let error = cache.set("key", "value", Expiry::Never).await.unwrap_err();
    assert!(
        error.is_timeout() && error.kind() == ErrorKind::TimedOut,
        "{error}"
    );
    let works = async { while cache.get("key").await.is_err() {} };
    net::time::timeout(SOON, works)
        .await
        .expect("a new connection");
    Ok(())
}

/// It sends a byte now and then, so that the connection is not idle.
#[net_test(backend = memory, start_paused)]
async fn a_reply_that_is_too_slow_is_a_timeout_and_reaches_no_other_caller(
    net: MemoryNet,
) -> net::Result<()> {
    let limit = Duration::from_millis(300);
    let listener = net.listen("tcp", "127.0.0.1:0").await?;
    let address = listener.local_addr()?.to_string();
    let serving = net::spawn(async move {
        let (stream, _) = listener.accept().await?;
        let (read, mut write) = stream.into_split();
        let mut lines = BufReader::new(read).lines();
        let mut is_slow = true;
        while let Some(line) = lines.next_line().await? {
            let Reply::Say(answer) = echo(&line) else {
                write.write_all(b"MN\r\n").await?;
                continue;
            };
            let pause = if std::mem::take(&mut is_slow) {
                limit / 10
            } else {
                Duration::ZERO
            };
            for byte in answer {
                net::time::sleep(pause).await;
                write.write_u8(byte).await?;
            }
        }
        net::Result::<_>::Ok(())
    });
    let cache = Client::builder(net.clone())
        .with_servers([address])
        .with_timeout(limit)
        .build()?;
    cache.ping().await?;
    let begun = Instant::now();
    let mut late = 0_u32;
    let item = loop {
        match cache.get(format!("key:{late}")).await {
            Ok(item) => break item.expect("an item"),
            Err(error) => assert_eq!(error.kind(), ErrorKind::TimedOut, "{error}"),
        }
        late += 1;
        assert_eq!(
            begun.elapsed().as_millis(),
            u128::from(late) * limit.as_millis()
        );
    };
    assert!(late > 1, "{late}");
    assert_eq!(item.text(), Ok(&*format!("key:{late}")));
    drop(cache);
    serving.await?
}

#[net_test(backend = memory, start_paused)]
async fn a_server_that_accepts_and_is_silent_is_a_timeout(net: MemoryNet) -> net::Result<()> {
    let listener = net.listen("tcp", "127.0.0.1:0").await?;
    let address = listener.local_addr()?.to_string();
    let cache = Client::builder(net.clone())
        .with_servers([address])
        .with_timeout(Duration::from_secs(9))
        .build()?;
    let error = cache.get("key").await.unwrap_err();
    assert!(
        error.is_timeout() && error.kind() == ErrorKind::Dial,
        "{error}"
    );
    Ok(())
}

/// Even if the operation's timeout always interrupts the dial.
#[net_test(backend = memory, start_paused)]
async fn a_silent_server_is_considered_down(net: MemoryNet) -> net::Result<()> {
    let listener = net.listen("tcp", "127.0.0.1:0").await?;
    let cache = Client::builder(net.clone())
        .with_servers([listener.local_addr()?.to_string()])
        .with_timeout(Duration::from_millis(100))
        .with_failure_limit(2)
        .with_pause(Duration::MAX, Duration::MAX)
        .build()?;
    let kind = async || cache.get("key").await.err().map(|error| error.kind());
    assert_eq!(kind().await, Some(ErrorKind::TimedOut));
    assert_eq!(kind().await, Some(ErrorKind::TimedOut));
    assert_eq!(kind().await, Some(ErrorKind::Down));
    Ok(())
}

#[net_test(backend = memory, start_paused)]
async fn a_failing_server_is_considered_down_for_longer_each_time(
    net: MemoryNet,
) -> net::Result<()> {
    let minute = Duration::from_secs(60);
    let cache = Client::builder(net.clone())
        .with_servers(["127.0.0.1:11211"])
        .with_failure_limit(2)
        .with_pause(minute, 3 * minute)
        .build()?;
    let kind = async || cache.get("key").await.err().map(|error| error.kind());
    assert_eq!(kind().await, Some(ErrorKind::Dial));
    for pause in [1, 2, 3, 3] {
        assert_eq!(kind().await, Some(ErrorKind::Dial), "{pause}");
        assert_eq!(kind().await, Some(ErrorKind::Down), "{pause}");
        tokio::time::sleep(pause * minute * 9 / 10).await;
        assert_eq!(kind().await, Some(ErrorKind::Down), "{pause}");
        tokio::time::sleep(minute).await;
    }
    let _server = Scripted::start_at(&net, "127.0.0.1:11211", echo).await;
    assert_eq!(kind().await, None);
    Ok(())
}

/// A connection that ends is one failure, whatever the number of its requests.
#[net_test(backends(native, memory))]
async fn many_requests_that_fail_together_are_one_failure(
    net: impl Network + Clone + 'static,
) -> Result<()> {
    let mut left = 30;
    let script = move |line: &str| {
        left -= 1;
        match left {
            1.. => Reply::Nothing,
            0 => Reply::Last(Vec::new()),
            _ => echo(line),
        }
    };
    let server = Scripted::start(&net, script).await;
    let cache = server.client(&net);
    cache.ping().await?;
    let deletes = (0..30).map(|n| cache.delete(format!("key:{n}")));
    let errors = futures_util::future::join_all(deletes).await;
    for error in errors {
        assert_eq!(error.unwrap_err().kind(), ErrorKind::Disconnected);
    }
    assert!(cache.delete("key").await?);
    Ok(())
}

#[net_test]
async fn a_restart_under_load_is_survived(net: Net) -> Result<()> {
    let Some(mut server) = net_peers::start("memcached").await else {
        return Ok(());
    };
    let cache = Client::builder(net)
        .with_servers([server.address("tcp")])
        .with_failure_limit(1000)
        .build()?;
    let stored_and_read = Arc::new(AtomicUsize::new(0));
    let mut tasks = tokio::task::JoinSet::new();
    for task in 0..8 {
        let (cache, stored_and_read) = (cache.clone(), Arc::clone(&stored_and_read));
        tasks.spawn(async move {
            for n in 0.. {
                let key = format!("{task}:{n}");
                let stored = cache.set(&key, &key, Expiry::Never).await;
                let fetched = cache.get(&key).await;
                match (stored, fetched) {
                    (Ok(()), Ok(Some(item))) => {
                        assert_eq!(item.text(), Ok(&*key));
                        stored_and_read.fetch_add(1, Ordering::Relaxed);
                    }
                    // The restart was between the two, or during the first.
                    (Ok(()), Ok(None)) | (Err(_), Ok(_)) => {}
                    (_, Err(error)) => assert!(error.is_unreachable(), "{error}"),
                }
                net::time::sleep(Duration::from_millis(1)).await;
            }
        });
    }
    let more = async |from: usize| {
        while stored_and_read.load(Ordering::Relaxed) < from + 100 {
            net::time::sleep(Duration::from_millis(5)).await;
        }
    };
    net::time::timeout(SOON, more(0)).await.expect("it serves");
    server.kill().await;
    let before = stored_and_read.load(Ordering::Relaxed);
    server.restart().await;
    net::time::timeout(SOON, more(before))
        .await
        .expect("it serves again");
    tasks.shutdown().await;
    Ok(())
}

#[net_test(backends(native, memory))]
async fn the_last_client_closes_its_connection(
    net: impl Network + Clone + 'static,
) -> net::Result<()> {
    let listener = net.listen("tcp", "127.0.0.1:0").await?;
    let address = listener.local_addr()?.to_string();
    let connecting = Client::connect(net.clone(), &address);
    let serving = async {
        let (mut stream, _) = listener.accept().await?;
        for _ in 0..2 {
            stream.read_exact(&mut [0; 4]).await?;
            stream.write_all(b"MN\r\n").await?;
        }
        net::Result::<_>::Ok(stream)
    };
    let (cache, stream) = tokio::join!(connecting, serving);
    let (cache, mut stream) = (cache?, stream?);
    drop(cache);
    let mut rest = Vec::new();
    let ended = net::time::timeout(SOON, stream.read_to_end(&mut rest)).await?;
    assert_eq!((ended.ok(), rest), (Some(0), Vec::new()));
    Ok(())
}
