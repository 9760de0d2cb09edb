//! Each caller receives the reply to its own request.

use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Waker};
use std::time::Duration;

use net::{Network, Result, net_test};
use net_redis::redis::{Cmd, pipe};

use crate::support::{Scripted, client, echo};

#[net_test(backends(native, memory))]
async fn tasks_that_share_a_connection_receive_their_own_replies(
    net: impl Network + Clone + 'static,
) -> Result<()> {
    let server = Scripted::start(&net, echo).await?;
    let redis = client(&net, &server)?.connect().await?;
    let mut tasks = Vec::new();
    for task in 0..64 {
        let redis = redis.clone();
        tasks.push(net::spawn(async move {
            for round in 0..20 {
                let key = format!("{task}-{round}");
                let answer: String = redis.query(&Cmd::get(&key)).await.unwrap();
                assert_eq!(answer, key);
            }
        }));
    }
    for task in tasks {
        task.await?;
    }
    Ok(())
}

#[net_test(backends(native, memory))]
async fn concurrent_requests_are_sent_together(net: impl Network + 'static) -> Result<()> {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let listener = net.listen("tcp", "127.0.0.1:0").await?;
    let url = format!("redis://{}/", net::Listener::local_addr(&listener)?);
    let reads = Arc::clone(&heard);
    net::spawn(async move {
        use net::prelude::*;
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut bytes = Vec::new();
        while let Ok(1..) = stream.read_buf(&mut bytes).await {
            // A read may be short: sent together is what comes without an answer.
            while tokio::select! {
                biased;
                read = stream.read_buf(&mut bytes) => matches!(read, Ok(1..)),
                () = net::time::sleep(Duration::from_millis(20)) => false,
            } {}
            let commands = bytes.split(|&byte| byte == b'*').count() - 1;
            bytes.clear();
            reads.lock().unwrap().push(commands);
            stream.write_all(&b"+A\r\n".repeat(commands)).await.unwrap();
        }
    });
    let redis = net_redis::Client::new(net, &url)?.connect().await?;
    let get = || async { redis.query::<String>(&Cmd::get("k")).await };
    let asked = tokio::join!(get(), get(), get(), get());
    assert!(asked.0.is_ok() && asked.3.is_ok(), "{asked:?}");
    // The PING of the login, and then all four.
    assert_eq!(*heard.lock().unwrap(), [1, 4]);
    Ok(())
}

#[net_test(backends(native, memory))]
async fn a_request_may_be_cancelled_at_any_point(
    net: impl Network + Clone + 'static,
) -> Result<()> {
    let server = Scripted::start(&net, echo).await?;
    let redis = client(&net, &server)?.connect().await?;
    for polls in 0..6 {
        let abandoned = Cmd::get("abandoned");
        {
            let mut query = pin!(redis.query::<String>(&abandoned));
            for _ in 0..polls {
                let mut cx = Context::from_waker(Waker::noop());
                if query.as_mut().poll(&mut cx).is_ready() {
                    break;
                }
                tokio::task::yield_now().await;
            }
        }
        let key = format!("after {polls}");
        let answer: String = redis.query(&Cmd::get(&key)).await?;
        assert_eq!(answer, key);
    }
    assert_eq!(
        server
            .connections
            .load(std::sync::atomic::Ordering::Relaxed),
        1
    );
    Ok(())
}

#[net_test(backends(native, memory))]
async fn cancelling_a_connect_leaves_nothing_behind(
    net: impl Network + Clone + 'static,
) -> Result<()> {
    let server = Scripted::start(&net, echo).await?;
    let client = client(&net, &server)?;
    for polls in 0..12 {
        let mut connect = pin!(client.connect());
        for _ in 0..polls {
            let mut cx = Context::from_waker(Waker::noop());
            if connect.as_mut().poll(&mut cx).is_ready() {
                break;
            }
            tokio::task::yield_now().await;
        }
    }
    let redis = client.connect().await?;
    let answer: String = redis.query(&Cmd::get("a")).await?;
    assert_eq!(answer, "a");
    Ok(())
}

#[net_test(backends(native, memory))]
async fn a_pipeline_receives_its_replies_among_those_of_others(
    net: impl Network + Clone + 'static,
) -> Result<()> {
    let server = Scripted::start(&net, echo).await?;
    let redis = client(&net, &server)?.connect().await?;
    let (a, b) = (Cmd::get("a"), Cmd::get("b"));
    let mut pair = pipe();
    pair.get("c").get("d");
    let asked = tokio::try_join!(
        redis.query::<String>(&a),
        redis.query::<(String, String)>(&pair),
        redis.query::<String>(&b),
    )?;
    let expected = ("a".into(), ("c".into(), "d".into()), "b".into());
    assert_eq!(asked, expected);
    let nothing: Vec<String> = redis.query(&pipe()).await?;
    assert!(nothing.is_empty());
    Ok(())
}
