//! Connections for one task.

use std::pin::pin;
use std::task::{Context, Waker};
use std::time::Duration;

use net::{Net, Network, Result, net_test};
use net_redis::ErrorKind;
use net_redis::redis::{Cmd, cmd, pipe};

use crate::support::{Act, PROTOCOLS, Scripted, client, client_of, echo, redis, say};

#[net_test]
async fn a_command_that_blocks_may_take_longer_than_others(net: Net) -> Result<()> {
    let Some(server) = redis().await else {
        return Ok(());
    };
    for protocol in PROTOCOLS {
        let limit = Duration::from_millis(100);
        let client = client_of(&net, &server, protocol)?.with_response_timeout(limit);
        let mut dedicated = client.dedicated().await?;
        let none: Option<(String, i64)> = dedicated.query(&Cmd::blpop("jobs", 0.3)).await?;
        assert_eq!(none, None);
        let push = async { client.connect().await?.exec(&Cmd::rpush("jobs", 7)).await };
        let blpop = Cmd::blpop("jobs", 10.0);
        let (job, ()) = tokio::try_join!(dedicated.query::<(String, i64)>(&blpop), push)?;
        assert_eq!(job, ("jobs".into(), 7));
    }
    Ok(())
}

#[net_test]
async fn a_transaction_whose_keys_were_changed_is_not_executed(net: Net) -> Result<()> {
    let Some(server) = redis().await else {
        return Ok(());
    };
    for protocol in PROTOCOLS {
        let client = client_of(&net, &server, protocol)?;
        let other = client.connect().await?;
        let mut redis = client.dedicated().await?;
        let mut set = pipe();
        set.atomic().set("n", 10).get("n");
        for (meddles, expected) in [(false, Some(("OK".to_owned(), 10))), (true, None)] {
            redis.exec(cmd("WATCH").arg("n")).await?;
            if meddles {
                other.exec(&Cmd::set("n", 5)).await?;
            }
            let done: Option<(String, i64)> = redis.query(&set).await?;
            assert_eq!(done, expected);
        }
    }
    Ok(())
}

#[net_test(backends(native, memory))]
async fn a_cancelled_request_closes_the_connection(
    net: impl Network + Clone + 'static,
) -> Result<()> {
    let server = Scripted::start(&net, echo).await?;
    let client = client(&net, &server)?;
    for polls in 0..6 {
        let mut redis = client.dedicated().await?;
        let mut done = false;
        {
            let get = Cmd::get("abandoned");
            let mut query = pin!(redis.query::<String>(&get));
            for _ in 0..polls {
                let mut cx = Context::from_waker(Waker::noop());
                done = query.as_mut().poll(&mut cx).is_ready();
                if done {
                    break;
                }
                tokio::task::yield_now().await;
            }
        }
        let untouched = done || polls == 0;
        assert_eq!(redis.is_open(), untouched);
        match redis.query::<String>(&Cmd::get("after")).await {
            Ok(answer) => assert!(untouched && answer == "after", "{polls}: {answer}"),
            Err(error) => assert!(!untouched && !error.was_sent(), "{polls}: {error}"),
        }
    }
    Ok(())
}

#[net_test(backends(native, memory))]
async fn after_a_fault_it_is_closed(net: impl Network + Clone + 'static) -> Result<()> {
    let faults: [(&[u8], _); 4] = [
        (b"$5\r\nhel", ErrorKind::Lost),
        (b"", ErrorKind::Lost),
        (b"$x\r\n", ErrorKind::Protocol),
        (b"+one\r\n+two\r\n", ErrorKind::Protocol),
    ];
    for (text, kind) in faults {
        let server = Scripted::start(&net, move |heard| match &*heard.words[0] {
            "GET" => Act::SayAndClose(text.to_vec()),
            _ => echo(heard),
        })
        .await?;
        let mut redis = client(&net, &server)?.dedicated().await?;
        let error = redis.query::<String>(&Cmd::get("a")).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(!redis.is_open());
        let error = redis.query::<String>(&Cmd::get("a")).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Lost, "{error}");
    }
    Ok(())
}

#[net_test(backends(native, memory))]
async fn a_stalled_server_times_out(net: impl Network + Clone + 'static) -> Result<()> {
    let server = Scripted::start(&net, |heard| match &*heard.words[0] {
        "GET" => Act::Nothing,
        _ => echo(heard),
    })
    .await?;
    let client = client(&net, &server)?.with_response_timeout(Duration::from_millis(50));
    let mut redis = client.dedicated().await?;
    let error = redis.query::<String>(&Cmd::get("a")).await.unwrap_err();
    assert!(error.is_timeout() && !redis.is_open(), "{error}");
    Ok(())
}

#[net_test(backends(native, memory))]
async fn a_push_that_arrives_with_a_reply_is_not_an_error(
    net: impl Network + Clone + 'static,
) -> Result<()> {
    let server = Scripted::start(&net, |heard| match &*heard.words[0] {
        "SET" => say("+OK\r\n>2\r\n+invalidate\r\n*1\r\n$1\r\nk\r\n"),
        _ => echo(heard),
    })
    .await?;
    let mut redis = client(&net, &server)?.dedicated().await?;
    redis.exec(&Cmd::set("k", 1)).await?;
    let answer: String = redis.query(&Cmd::get("k")).await?;
    assert_eq!(answer, "k");
    Ok(())
}
