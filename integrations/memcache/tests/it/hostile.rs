//! Replies that memcached never sends.

use std::time::Duration;

use net::{Network, net_test};
use net_memcache::{Client, ErrorKind, Result};

use crate::support::{Reply, Scripted, echo, opaque, say};

/// A server whose first reply is this, with the opaque number in place of `O?`.
async fn saying<N: Network>(net: &N, answer: Vec<u8>) -> Scripted {
    let mut answer = Some(answer);
    let script = move |line: &str| match answer.take() {
        Some(answer) => {
            let text = String::from_utf8(answer).map(|text| text.replace("O?", opaque(line)));
            match text {
                Ok(text) => say(text),
                Err(binary) => say(binary.into_bytes()),
            }
        }
        None => echo(line),
    };
    Scripted::start(net, script).await
}

#[net_test(backends(native, memory))]
async fn an_invalid_reply_ends_its_connection(net: impl Network + Clone + 'static) -> Result<()> {
    let long_line = vec![b'x'; 9 << 10];
    let answers: [&[u8]; 22] = [
        b"VA 3 f0 c1 O?\r\nkeyXX",
        b"VA 2 f0 c1 O?\r\nkey\r\n",
        b"VA 3 f0 c1 O?\nkey\r\n",
        b"VA 3 f0 c1 O99\r\nkey\r\n",
        b"VA 3 f0 c1\r\nkey\r\n",
        b"VA 3 f0 c1 Oxy\r\nkey\r\n",
        b"VA 3 f-1 c1 O?\r\nkey\r\n",
        b"VA 3 f4294967296 c1 O?\r\nkey\r\n",
        b"VA 3 f0 c18446744073709551616 O?\r\nkey\r\n",
        b"VA -3 f0 c1 O?\r\nkey\r\n",
        b"VA +3 f0 c1 O?\r\nkey\r\n",
        b"VA 0x3 f0 c1 O?\r\nkey\r\n",
        b"VA 1048577 f0 c1 O?\r\nkey",
        b"VA 99999999999999999999999 f0 c1 O?\r\n",
        b"VA\r\n",
        b"HD\r\n",
        b"EN O99\r\n",
        b"MN\r\n",
        b"\r\n",
        b"VALUE key 0 3\r\nkey\r\nEND\r\n",
        b"\xff\xfe\0\r\n",
        &long_line,
    ];
    for answer in answers {
        let server = saying(&net, answer.to_vec()).await;
        let cache = server.client(&net);
        let error = cache.get("key").await.unwrap_err();
        let shown = String::from_utf8_lossy(&answer[..answer.len().min(50)]);
        assert_eq!(error.kind(), ErrorKind::Protocol, "{shown:?}: {error}");
        let item = cache.get("next").await?;
        assert_eq!(item.expect("an item").value, "next", "{shown:?}");
    }
    Ok(())
}

#[net_test(backends(native, memory))]
async fn a_reply_to_another_command_is_an_error(net: impl Network + Clone + 'static) -> Result<()> {
    for answer in ["HD O?\r\n", "NS O?\r\n", "EX O?\r\n"] {
        let server = saying(&net, answer.into()).await;
        let cache = server.client(&net);
        let error = cache.get("key").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Protocol, "{answer:?}: {error}");
        assert_eq!(cache.get("next").await?.expect("an item").value, "next");
    }
    for number in ["x", "", "-1", "18446744073709551616"] {
        let length = number.len();
        let server = saying(&net, format!("VA {length} O?\r\n{number}\r\n").into()).await;
        let error = server.client(&net).incr("key", 1).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Protocol, "{number:?}: {error}");
    }
    Ok(())
}

#[net_test(backends(native, memory))]
async fn an_unexpected_reply_reaches_no_caller(net: impl Network + Clone + 'static) -> Result<()> {
    let twice = "VA 5 f0 c1 O?\r\nwrong\r\n".repeat(2);
    let server = saying(&net, twice.into()).await;
    let cache = server.client(&net);
    assert_eq!(cache.get("key").await?.expect("an item").value, "wrong");
    // A read may be short: the rest of the second reply may come later.
    net::time::sleep(Duration::from_millis(20)).await;
    for _ in 0..3 {
        assert_eq!(cache.get("next").await?.expect("an item").value, "next");
    }
    Ok(())
}

#[net_test(backends(native, memory))]
async fn replies_for_many_keys_must_match_the_requested_keys(
    net: impl Network + Clone + 'static,
) -> Result<()> {
    let answers = [
        "VA 1 f0 c1 O9\r\nx\r\nMN\r\n",
        "VA 1 f0 c1 O1\r\nx\r\nVA 1 f0 c1 O1\r\nx\r\nMN\r\n",
        "VA 1 f0 c1\r\nx\r\nMN\r\n",
        "HD O1\r\nMN\r\n",
        "END\r\n",
    ];
    for answer in answers {
        let server = saying(&net, answer.into()).await;
        let error = server.client(&net).get_many(["a", "b"]).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Protocol, "{answer:?}: {error}");
    }
    Ok(())
}

#[net_test(backends(native, memory))]
async fn errors_contain_the_servers_message_on_one_line(
    net: impl Network + Clone + 'static,
) -> Result<()> {
    let refusals = [
        ("SERVER_ERROR out of \x1b[31mmemory\r\n", ErrorKind::Server),
        ("CLIENT_ERROR bad key\r\n", ErrorKind::Client),
        ("ERROR\r\n", ErrorKind::UnknownCommand),
    ];
    for (refusal, kind) in refusals {
        let server = saying(&net, refusal.into()).await;
        let cache = server.client(&net);
        let error = cache.get("key").await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        let text = error.to_string();
        assert!(!text.contains(char::is_control), "{text:?}");
        assert!(
            text.contains(refusal.split(' ').next().unwrap().trim()),
            "{text}"
        );
        assert_eq!(cache.get("next").await?.expect("an item").value, "next");
        let many = saying(&net, format!("{refusal}MN\r\n").into()).await;
        let error = many.client(&net).get_many(["key"]).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
    }
    Ok(())
}

/// The rest of the value would be taken for commands.
#[net_test(backends(native, memory))]
async fn a_store_that_is_not_understood_ends_its_connection(
    net: impl Network + Clone + 'static,
) -> Result<()> {
    let mut first = Some("CLIENT_ERROR bad command line format\r\n");
    let script = move |line: &str| match first.take() {
        Some(answer) => say(answer),
        None => echo(line),
    };
    let server = Scripted::start(&net, script).await;
    let cache = server.client(&net);
    let expiry = Duration::from_secs(1);
    let error = cache.set("key", "value", expiry).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Client, "{error}");
    assert_eq!(cache.get("next").await?.expect("an item").value, "next");
    Ok(())
}

#[net_test(backends(native, memory))]
async fn endless_statistics_are_an_error(net: impl Network + Clone + 'static) -> Result<()> {
    let lines = "STAT name value\r\n".repeat(200_000);
    let server = saying(&net, lines.into()).await;
    let cache = Client::builder(net.clone())
        .with_servers([server.address.clone()])
        .build()?;
    let (_, stats) = cache.stats("").await?.remove(0);
    assert_eq!(stats.unwrap_err().kind(), ErrorKind::Protocol);
    Ok(())
}

/// A guest does not have that much memory.
#[net_test(backends(native, memory))]
async fn an_announced_length_takes_no_memory(net: impl Network + Clone + 'static) -> Result<()> {
    for promised in [4_000_000_000, usize::MAX] {
        let promise = move |line: &str| {
            let opaque = opaque(line);
            Reply::Last(format!("VA {promised} {opaque}\r\nkey").into())
        };
        let server = Scripted::start(&net, promise).await;
        let cache = Client::builder(net.clone())
            .with_servers([server.address.clone()])
            .with_max_value_bytes(usize::MAX)
            .build()?;
        let error = cache.get("key").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Disconnected, "{error}");
    }
    Ok(())
}
