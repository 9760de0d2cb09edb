//! Commands that would confuse a connection are not sent.

use net::{Network, Result, net_test};
use net_redis::ErrorKind;
use net_redis::redis::{Cmd, cmd, pipe};

use crate::support::{Scripted, client, echo};

const NEVER: [&[&str]; 9] = [
    &["SUBSCRIBE", "news"],
    &["subscribe", "news"],
    &["UNSUBSCRIBE"],
    &["SSUBSCRIBE", "news"],
    &["MONITOR"],
    &["CLIENT", "REPLY", "OFF"],
    &["client", "reply", "SKIP"],
    &["PSYNC", "?", "-1"],
    &["HELLO", "3"],
];

const NOT_SHARED: [&[&str]; 8] = [
    &["MULTI"],
    &["WATCH", "key"],
    &["SELECT", "1"],
    &["AUTH", "secret"],
    &["BLPOP", "list", "0"],
    &["WAIT", "1", "0"],
    &["XREAD", "COUNT", "1", "block", "0", "STREAMS", "s", "$"],
    &[
        "XREADGROUP",
        "GROUP",
        "g",
        "c",
        "BLOCK",
        "0",
        "STREAMS",
        "s",
        ">",
    ],
];

fn command(words: &[&str]) -> Cmd {
    let mut command = Cmd::new();
    for word in words {
        command.arg(word);
    }
    command
}

#[net_test(backends(native, memory))]
async fn commands_that_would_confuse_a_connection_are_errors(
    net: impl Network + Clone + 'static,
) -> Result<()> {
    let server = Scripted::start(&net, echo).await?;
    let client = client(&net, &server)?;
    let shared = client.connect().await?;
    let mut dedicated = client.dedicated().await?;
    for words in NEVER {
        let error = shared.exec(&command(words)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{words:?}: {error}");
        let error = dedicated.exec(&command(words)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{words:?}: {error}");
    }
    for words in NOT_SHARED {
        let error = shared.exec(&command(words)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{words:?}: {error}");
        assert!(error.to_string().contains("Client::dedicated"), "{error}");
        let within = pipe().get("key").add_command(command(words)).clone();
        let error = shared.exec(&within).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{words:?}: {error}");
    }
    // Nothing was sent, so replies still match their requests.
    let answer: String = shared.query(&Cmd::get("a")).await?;
    assert_eq!(answer, "a");
    let answer: String = dedicated.query(&Cmd::get("b")).await?;
    assert_eq!(answer, "b");
    Ok(())
}

#[net_test(backends(native, memory))]
async fn an_empty_command_is_an_error(net: impl Network + Clone + 'static) -> Result<()> {
    let server = Scripted::start(&net, echo).await?;
    let redis = client(&net, &server)?.connect().await?;
    let empty = Cmd::new();
    let error = redis.exec(&empty).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    let error = redis.exec(pipe().add_command(empty)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    let mut silent = cmd("GET");
    silent.arg("a").set_no_response(true);
    let error = redis.exec(&silent).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    let answer: String = redis.query(&Cmd::get("a")).await?;
    assert_eq!(answer, "a");
    Ok(())
}

#[net_test(backends(native, memory))]
async fn a_stream_named_block_is_accepted(net: impl Network + Clone + 'static) -> Result<()> {
    let server = Scripted::start(&net, echo).await?;
    let redis = client(&net, &server)?.connect().await?;
    let read = command(&["XREAD", "STREAMS", "BLOCK", "0"]);
    let error = redis.exec(&read).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Server, "{error}");
    Ok(())
}
