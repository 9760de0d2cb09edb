//! Connections that are lost, and servers that do not reply.

use std::sync::atomic::Ordering;
use std::time::Duration;

use net::{Network, Result, net_test};
use net_redis::redis::Cmd;
use net_redis::{Client, ErrorKind};

use crate::support::{Act, SOON, Scripted, client, echo, say};

#[net_test(backends(native, memory))]
async fn a_connection_that_breaks_anywhere_is_replaced(
    net: impl Network + Clone + 'static,
) -> Result<()> {
    let answer = "$5\r\nhello\r\n";
    for end in 0..answer.len() {
        let server = Scripted::start(&net, move |heard| {
            match (heard.connection, &*heard.words[0]) {
                (0, "GET") => Act::SayAndClose(answer[..end].into()),
                _ => echo(heard),
            }
        })
        .await?;
        let redis = client(&net, &server)?.connect().await?;
        let error = redis.query::<String>(&Cmd::get("a")).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Lost, "{end}: {error}");
        assert!(error.was_sent(), "{end}: {error}");
        let answer: String = redis.query(&Cmd::get("b")).await?;
        assert_eq!(answer, "b");
    }
    Ok(())
}

#[net_test(backends(native, memory))]
async fn replies_that_arrived_before_the_end_are_valid(
    net: impl Network + Clone + 'static,
) -> Result<()> {
    let server = Scripted::start(&net, |heard| match (heard.connection, &*heard.words[0]) {
        (0, "GET") if heard.words[1] == "last" => Act::SayAndClose(b"+bye\r\n".to_vec()),
        _ => echo(heard),
    })
    .await?;
    let redis = client(&net, &server)?.connect().await?;
    let keys = ["first", "last", "never"].map(Cmd::get);
    let [first, last, never] = &keys;
    let (first, last, never) = tokio::join!(
        redis.query::<String>(first),
        redis.query::<String>(last),
        redis.query::<String>(never),
    );
    assert_eq!((first?, last?), ("first".into(), "bye".into()));
    let never = never.unwrap_err();
    assert!(never.was_sent(), "{never}");
    Ok(())
}

#[net_test(backends(native, memory))]
async fn a_server_that_stalls_times_out(net: impl Network + Clone + 'static) -> Result<()> {
    let server = Scripted::start(&net, |heard| match (heard.connection, &*heard.words[0]) {
        (0, "GET") => Act::Nothing,
        _ => echo(heard),
    })
    .await?;
    let client = client(&net, &server)?.with_response_timeout(Duration::from_millis(100));
    let redis = client.connect().await?;
    let (a, b) = (Cmd::get("a"), Cmd::get("b"));
    let (one, other) = tokio::join!(redis.query::<String>(&a), redis.query::<String>(&b));
    for stalled in [one, other] {
        let error = stalled.unwrap_err();
        assert!(error.is_timeout() && error.was_sent(), "{error}");
    }
    let answer: String = redis.query(&Cmd::get("c")).await?;
    assert_eq!(answer, "c");
    assert_eq!(server.connections.load(Ordering::Relaxed), 2);
    Ok(())
}

#[net_test(backends(native, memory))]
async fn requests_wait_while_the_server_is_away(net: impl Network + Clone + 'static) -> Result<()> {
    // Like a server that is loading its data.
    let server = Scripted::start(&net, |heard| match (heard.connection, &*heard.words[0]) {
        (0, "GET") => Act::SayAndClose(Vec::new()),
        (1..4, _) => Act::SayAndClose(b"-LOADING Redis is loading\r\n".to_vec()),
        _ => echo(heard),
    })
    .await?;
    let pause = Duration::from_millis(5);
    let redis = client(&net, &server)?.with_backoff(pause, pause);
    let redis = redis.connect().await?;
    redis.query::<String>(&Cmd::get("a")).await.unwrap_err();
    let answer: String = redis.query(&Cmd::get("b")).await?;
    assert_eq!(answer, "b");
    assert_eq!(server.connections.load(Ordering::Relaxed), 5);
    Ok(())
}

#[net_test(backends(native, memory))]
async fn a_request_that_times_out_reports_why_connecting_failed(
    net: impl Network + Clone + 'static,
) -> Result<()> {
    let server = Scripted::start(&net, |heard| match (heard.connection, &*heard.words[0]) {
        (0, "GET") => Act::SayAndClose(Vec::new()),
        (0, _) => echo(heard),
        _ => Act::SayAndClose(b"-LOADING Redis is loading\r\n".to_vec()),
    })
    .await?;
    let pause = Duration::from_millis(5);
    let client = client(&net, &server)?.with_backoff(pause, pause);
    let client = client.with_response_timeout(Duration::from_millis(200));
    let redis = client.connect().await?;
    redis.query::<String>(&Cmd::get("a")).await.unwrap_err();
    let error = redis.query::<String>(&Cmd::get("b")).await.unwrap_err();
    assert!(error.to_string().contains("LOADING"), "{error}");
    assert!(!error.was_sent(), "{error}");
    Ok(())
}

#[net_test(backends(native, memory))]
async fn a_server_that_is_not_there_is_an_error(net: impl Network + 'static) -> Result<()> {
    let nobody = net.listen("tcp", "127.0.0.1:0").await?;
    let address = net::Listener::local_addr(&nobody)?.to_string();
    drop(nobody);
    let client = Client::new(net, &format!("redis://:secret@{address}"))?;
    let error = client.connect().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connect);
    let said = format!("{error} {error:?} {error:#?} {client:?}");
    assert!(
        said.contains(&address) && !said.contains("secret"),
        "{said}"
    );
    Ok(())
}

#[net_test(backends(native, memory))]
async fn a_server_that_does_not_reply_to_the_login_times_out(
    net: impl Network + Clone + 'static,
) -> Result<()> {
    let server = Scripted::start(&net, |_| Act::Nothing).await?;
    let client = client(&net, &server)?.with_connect_timeout(Duration::from_millis(100));
    let error = client.connect().await.unwrap_err();
    assert!(error.is_timeout(), "{error}");
    Ok(())
}

#[net_test(backends(native, memory))]
async fn too_much_to_send_waits_for_room(net: impl Network + Clone + 'static) -> Result<()> {
    let server = Scripted::start(&net, echo).await?;
    let redis = client(&net, &server)?.with_max_queued_bytes(1_000);
    let redis = redis.connect().await?;
    let mut tasks = Vec::new();
    for task in 0..50 {
        let redis = redis.clone();
        tasks.push(net::spawn(async move {
            let key = task.to_string().repeat(300);
            let answer: String = redis.query(&Cmd::get(&key)).await.unwrap();
            assert_eq!(answer, key);
        }));
    }
    for task in tasks {
        net::time::timeout(SOON, task).await??;
    }
    Ok(())
}

#[net_test(backends(native, memory))]
async fn a_dropped_connection_is_closed(net: impl Network + 'static) -> Result<()> {
    use net::prelude::*;
    let listener = net.listen("tcp", "127.0.0.1:0").await?;
    let url = format!("redis://{}/", listener.local_addr()?);
    let server = net::spawn(async move {
        let (mut stream, _) = listener.accept().await?;
        let mut ping = [0; 14];
        stream.read_exact(&mut ping).await?;
        stream.write_all(b"+PONG\r\n").await?;
        let mut rest = Vec::new();
        // Closed or reset.
        let _ = stream.read_to_end(&mut rest).await;
        Result::<_>::Ok(rest)
    });
    let redis = Client::new(net, &url)?.connect().await?;
    let other = redis.clone();
    drop(redis);
    drop(other);
    let rest = net::time::timeout(SOON, server).await??;
    assert_eq!(rest?, b"");
    Ok(())
}

#[net_test(backends(native, memory))]
async fn the_longest_timeouts_are_accepted(net: impl Network + Clone + 'static) -> Result<()> {
    let server = Scripted::start(&net, |heard| match &*heard.words[0] {
        "SUBSCRIBE" => say("*3\r\n$9\r\nsubscribe\r\n$4\r\nnews\r\n:1\r\n"),
        _ => echo(heard),
    })
    .await?;
    let longest = Duration::MAX;
    let client = client(&net, &server)?
        .with_connect_timeout(longest)
        .with_response_timeout(longest)
        .with_backoff(longest, longest);
    let answer: String = client.connect().await?.query(&Cmd::get("a")).await?;
    assert_eq!(answer, "a");
    let answer: String = client.dedicated().await?.query(&Cmd::get("b")).await?;
    assert_eq!(answer, "b");
    Ok(client.subscriber().await?.subscribe("news").await?)
}
