//! Servers that send invalid replies: an error, and another connection.

use std::sync::atomic::Ordering;
use std::time::Duration;

use net::{Network, Result, net_test};
use net_redis::redis::{Cmd, Value};
use net_redis::{Client, ErrorKind};

use crate::support::{Act, Heard, Scripted, client, echo, say};

/// Sends a reply to the first request, and serves all later ones.
fn once(text: Vec<u8>) -> impl Fn(&Heard) -> Act + Send + Sync {
    move |heard| match (heard.connection, &*heard.words[0]) {
        (0, "GET") => Act::Say(text.clone()),
        _ => echo(heard),
    }
}

/// Returns the error of the first request. Later ones succeed.
async fn error_of<N: Network + Clone + 'static>(
    net: &N,
    text: &[u8],
    setting: impl Fn(Client<N>) -> Client<N>,
) -> Result<net_redis::Error> {
    let server = Scripted::start(net, once(text.to_vec())).await?;
    let redis = setting(client(net, &server)?).connect().await?;
    let error = redis.query::<Value>(&Cmd::get("a")).await.unwrap_err();
    let answer: String = redis.query(&Cmd::get("b")).await?;
    assert_eq!(answer, "b");
    assert_eq!(server.connections.load(Ordering::Relaxed), 2);
    Ok(error)
}

#[net_test(backends(native, memory))]
async fn an_invalid_reply_ends_the_connection(net: impl Network + Clone + 'static) -> Result<()> {
    let malformed: [&[u8]; 24] = [
        b"?\r\n",
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"\x16\x03\x01\x02\x00",
        b"\r\n",
        b"$\r\n",
        b"$-2\r\n",
        b"$+1\r\na\r\n",
        b"$ 1\r\na\r\n",
        b"$1x\r\na\r\n",
        b"$3\r\nfour\r\n",
        b"$99999999999999999999999999\r\n",
        b"$9223372036854775807\r\n",
        b"$--1\r\n",
        b"*-3\r\n",
        b"*18446744073709551615\r\n",
        b"%-1\r\n",
        b"%9223372036854775807\r\n",
        b"~-1\r\n",
        b"|-1\r\n",
        b">0\r\n",
        b"=-1\r\n",
        b":1x\r\n",
        b"#x\r\n",
        b"=3\r\nabc\r\n",
    ];
    for text in malformed {
        let error = error_of(&net, text, |client| client).await?;
        let shown = text.escape_ascii();
        assert_eq!(error.kind(), ErrorKind::Protocol, "{shown}: {error}");
        assert!(error.was_sent(), "{shown}: {error}");
    }
    Ok(())
}

#[net_test(backends(native, memory))]
async fn deep_nesting_does_not_overflow_the_stack(
    net: impl Network + Clone + 'static,
) -> Result<()> {
    for opening in [
        "*1\r\n",
        "~1\r\n",
        "%1\r\n+k\r\n",
        ">2\r\n+k\r\n",
        "|1\r\n+k\r\n",
    ] {
        let deep = opening.repeat(10_000);
        let error = error_of(&net, deep.as_bytes(), |client| client).await?;
        assert_eq!(error.kind(), ErrorKind::Protocol, "{opening:?}: {error}");
        assert!(error.to_string().contains("nested"), "{error}");
    }
    Ok(())
}

#[net_test(backends(native, memory))]
async fn nesting_as_deep_as_is_allowed_is_read(net: impl Network + Clone + 'static) -> Result<()> {
    let mut deep = "*1\r\n".repeat(32);
    deep.push_str(":7\r\n");
    let server = Scripted::start(&net, once(deep.into_bytes())).await?;
    let redis = client(&net, &server)?.connect().await?;
    let mut value: Value = redis.query(&Cmd::get("a")).await?;
    let mut depth = 0;
    while let Value::Array(mut inner) = value {
        value = inner.pop().expect("one element");
        depth += 1;
    }
    assert_eq!((depth, value), (32, Value::Int(7)));
    Ok(())
}

/// Memory is not reserved for an announced length: a guest does not even have that much.
#[net_test(backends(native, memory))]
async fn an_announced_long_reply_takes_no_memory(
    net: impl Network + Clone + 'static,
) -> Result<()> {
    let impatient = |client: Client<_>| {
        client
            .with_response_timeout(Duration::from_millis(100))
            .with_max_answer_bytes(usize::MAX)
    };
    for claim in [
        "$1000000000000\r\nab",
        "*1000000000000\r\n+a\r\n",
        "%1000000000000\r\n",
    ] {
        let error = error_of(&net, claim.as_bytes(), impatient).await?;
        assert!(error.is_timeout(), "{claim:?}: {error}");
    }
    Ok(())
}

#[net_test(backends(native, memory))]
async fn a_reply_that_is_too_long_is_an_error(net: impl Network + Clone + 'static) -> Result<()> {
    let long = format!("*1000000\r\n{}", "+a\r\n".repeat(1_000));
    let small = |client: Client<_>| client.with_max_answer_bytes(1_000);
    for text in [long, format!("+{}", "a".repeat(2_000))] {
        let error = error_of(&net, text.as_bytes(), small).await?;
        assert_eq!(error.kind(), ErrorKind::Protocol, "{error}");
        assert!(error.to_string().contains("1000 bytes"), "{error}");
    }
    Ok(())
}

#[net_test(backends(native, memory))]
async fn an_unexpected_reply_ends_the_connection(
    net: impl Network + Clone + 'static,
) -> Result<()> {
    let server = Scripted::start(&net, |heard| match &*heard.words[0] {
        "GET" => say("+first\r\n+second\r\n"),
        _ => echo(heard),
    })
    .await?;
    let redis = client(&net, &server)?.connect().await?;
    for _ in 0..3 {
        // The second reply must not reach the next caller.
        let answer: String = redis.query(&Cmd::get("a")).await?;
        assert_eq!(answer, "first");
        net::time::sleep(Duration::from_millis(10)).await;
    }
    Ok(())
}
