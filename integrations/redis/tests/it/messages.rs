//! Pub/Sub, and push messages.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Waker};
use std::time::Duration;

use net::{Net, Network, Result, net_test};
use net_redis::redis::{Cmd, Msg, PushKind, cmd};
use net_redis::{ErrorKind, Subscriber};

use crate::support::{Act, PROTOCOLS, SOON, Scripted, client, client_of, echo, redis, say};

async fn next(subscriber: &mut Subscriber) -> Result<Msg> {
    Ok(net::time::timeout(SOON, subscriber.message()).await??)
}

fn parts(message: &Msg) -> Result<(String, String)> {
    let payload = message.get_payload().map_err(net_redis::Error::from)?;
    Ok((message.get_channel_name().to_owned(), payload))
}

#[net_test]
async fn what_is_published_arrives(net: Net) -> Result<()> {
    let Some(server) = redis().await else {
        return Ok(());
    };
    for protocol in PROTOCOLS {
        let client = client_of(&net, &server, protocol)?;
        let redis = client.connect().await?;
        let mut subscriber = client.subscriber().await?;
        subscriber.subscribe(&["news", "sports"]).await?;
        subscriber.psubscribe("weather.*").await?;
        subscriber.ssubscribe("shard").await?;
        for (channel, text) in [("news", "a"), ("weather.today", "b"), ("sports", "c")] {
            let heard: i64 = redis.query(&Cmd::publish(channel, text)).await?;
            assert_eq!(heard, 1);
            let message = next(&mut subscriber).await?;
            assert_eq!(parts(&message)?, (channel.into(), text.into()));
            assert_eq!(message.from_pattern(), channel == "weather.today");
        }
        redis.exec(cmd("SPUBLISH").arg("shard").arg("d")).await?;
        let message = next(&mut subscriber).await?;
        assert_eq!(parts(&message)?, ("shard".into(), "d".into()));
        subscriber.unsubscribe("news").await?;
        subscriber.punsubscribe("weather.*").await?;
        subscriber.sunsubscribe("shard").await?;
        for (channel, expected) in [("news", 0), ("weather.today", 0), ("sports", 1)] {
            let heard: i64 = redis.query(&Cmd::publish(channel, "e")).await?;
            assert_eq!(heard, expected, "{channel}");
        }
        let message = next(&mut subscriber).await?;
        assert_eq!(parts(&message)?, ("sports".into(), "e".into()));
    }
    Ok(())
}

#[net_test]
async fn a_stream_of_messages_continues_after_a_restart(net: Net) -> Result<()> {
    let Some(mut server) = redis().await else {
        return Ok(());
    };
    for protocol in PROTOCOLS {
        let client = client_of(&net, &server, protocol)?;
        let redis = client.connect().await?;
        let mut subscriber = client.subscriber().await?;
        subscriber.subscribe("news").await?;
        let mut messages = subscriber.into_stream();
        let mut hear = async || {
            let item = poll_fn(|cx| futures_core::Stream::poll_next(Pin::new(&mut messages), cx));
            net::time::timeout(SOON, item).await
        };
        redis.exec(&Cmd::publish("news", "before")).await?;
        let message = hear().await?.expect("it does not end")?;
        assert_eq!(parts(&message)?.1, "before");
        server.restart().await;
        let error = hear().await?.expect("it does not end").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Lost, "{error}");
        // It is lost until the client has subscribed again.
        let publish = async {
            loop {
                let _ = redis.exec(&Cmd::publish("news", "after")).await;
                net::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let message = async {
            loop {
                // The server may still be loading its data.
                if let Some(Ok(message)) = hear().await? {
                    return Result::<_>::Ok(message);
                }
            }
        };
        let message = tokio::select! {
            message = message => message?,
            () = publish => unreachable!("it does not end"),
        };
        assert_eq!(parts(&message)?.1, "after");
    }
    Ok(())
}

#[net_test]
async fn a_user_without_permission_to_subscribe_receives_an_error(net: Net) -> Result<()> {
    let Some(server) = redis().await else {
        return Ok(());
    };
    let client = client_of(&net, &server, "resp2")?;
    let mut limited = cmd("ACL");
    for word in [
        "SETUSER",
        "bob",
        "on",
        ">x",
        "+@all",
        "resetchannels",
        "&news",
    ] {
        limited.arg(word);
    }
    client.connect().await?.exec(&limited).await?;
    let client = client.with_login("bob", "x");
    let mut subscriber = client.subscriber().await?;
    let error = subscriber.subscribe("secrets").await.unwrap_err();
    assert_eq!(
        (error.kind(), error.code()),
        (ErrorKind::Server, Some("NOPERM"))
    );
    subscriber.subscribe("news").await?;
    client
        .connect()
        .await?
        .exec(&Cmd::publish("news", "a"))
        .await?;
    assert_eq!(parts(&next(&mut subscriber).await?)?.1, "a");
    Ok(())
}

#[net_test]
async fn the_server_pushes_invalidations(net: Net) -> Result<()> {
    let Some(server) = redis().await else {
        return Ok(());
    };
    let redis = client_of(&net, &server, "resp3")?.connect().await?;
    let other = client_of(&net, &server, "resp2")?.connect().await?;
    let mut pushes = redis.pushes();
    redis.exec(cmd("CLIENT").arg("TRACKING").arg("ON")).await?;
    redis.exec(&Cmd::set("key", 1)).await?;
    let one: i64 = redis.query(&Cmd::get("key")).await?;
    assert_eq!(one, 1);
    other.exec(&Cmd::set("key", 2)).await?;
    let push = net::time::timeout(SOON, pushes.next()).await??;
    let push = push.expect("the connection is there");
    assert_eq!(push.kind, PushKind::Invalidate);
    let two: i64 = redis.query(&Cmd::get("key")).await?;
    assert_eq!(two, 2);
    drop(redis);
    let end = net::time::timeout(SOON, async {
        while pushes.next().await?.is_some() {}
        Ok::<_, net_redis::Error>(())
    });
    end.await??;
    Ok(())
}

/// A server that confirms each subscription, and publishes a message.
fn radio(heard: &crate::support::Heard) -> Act {
    match &heard.words[..] {
        [name, channel] if name == "SUBSCRIBE" => {
            let item = |text: &str| format!("${}\r\n{text}\r\n", text.len());
            let confirmed = format!("*3\r\n{}{}:1\r\n", item("subscribe"), item(channel));
            let message = ["message", channel, "hello"].map(item).concat();
            say(format!("{confirmed}*3\r\n{message}"))
        }
        _ => echo(heard),
    }
}

#[net_test(backends(native, memory))]
async fn a_subscriber_may_be_cancelled_at_any_point(
    net: impl Network + Clone + 'static,
) -> Result<()> {
    let server = Scripted::start(&net, radio).await?;
    let client = client(&net, &server)?;
    let mut subscriber = client.subscriber().await?;
    for polls in 0..6 {
        let channel = polls.to_string();
        {
            let mut subscribing = pin!(subscriber.subscribe(&channel));
            poll_times(polls, subscribing.as_mut()).await;
        }
        // However often it was polled, nothing is lost: the next call continues.
        subscriber.subscribe("again").await?;
        let mut heard = Vec::new();
        while heard.last().is_none_or(|last| last != "again") {
            {
                let mut message = pin!(subscriber.message());
                poll_times(polls % 2, message.as_mut()).await;
            }
            heard.push(next(&mut subscriber).await?.get_channel_name().to_owned());
        }
        assert!(heard.len() <= 2, "{heard:?}");
    }
    Ok(())
}

async fn poll_times<F: Future>(polls: usize, mut future: Pin<&mut F>) {
    for _ in 0..polls {
        let mut cx = Context::from_waker(Waker::noop());
        if future.as_mut().poll(&mut cx).is_ready() {
            return;
        }
        tokio::task::yield_now().await;
    }
}

#[net_test(backends(native, memory))]
async fn invalid_messages_end_the_connection(net: impl Network + Clone + 'static) -> Result<()> {
    let malformed = [
        "*1\r\n:1\r\n",
        "*0\r\n",
        "*1\r\n$7\r\nmessage\r\n",
        "*2\r\n$8\r\npmessage\r\n$1\r\na\r\n",
        "+PONG\r\n",
        "*1000000\r\n*1\r\n*x\r\n",
    ];
    for text in malformed {
        let text: Arc<str> = format!("*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n{text}").into();
        let server = Scripted::start(&net, move |heard| {
            match (heard.connection, &*heard.words[0]) {
                (0, "SUBSCRIBE") => Act::Say(text.as_bytes().to_vec()),
                _ => radio(heard),
            }
        })
        .await?;
        let mut subscriber = client(&net, &server)?.subscriber().await?;
        subscriber.subscribe("a").await?;
        let error = subscriber.message().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Protocol, "{error}");
        let message = next(&mut subscriber).await?;
        assert_eq!(parts(&message)?, ("a".into(), "hello".into()));
    }
    Ok(())
}
