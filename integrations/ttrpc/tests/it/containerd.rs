//! containerd's implementation in Go, as a server and as a client.

use std::time::Duration;

use net::{Net, Result, net_test};
use net_ttrpc::{Client, Code, Request, Server};
use ttrpc_greeter::GreeterClient;

use crate::support::{DETAIL, Running, number, text};

#[net_test]
async fn it_is_answered(net: Net) -> Result<()> {
    let server = Running::start(&net, Server::new()).await?;
    let args = ["call", "tcp", &server.address];
    let Some(ran) = net_peers::run("ttrpc-interop", &args).await else {
        return Ok(());
    };
    assert_eq!((ran.status, &*ran.stdout), (0, "ok\n"), "{}", ran.stderr);
    assert_eq!(server.stop().await?, [""; 0]);
    Ok(())
}

/// The server's client, where there is a server.
async fn connect(net: &Net) -> Result<Option<(net_peers::Server, GreeterClient)>> {
    let Some(server) = net_peers::start("ttrpc").await else {
        return Ok(None);
    };
    let client = Client::connect(net, "tcp", server.address("tcp")).await?;
    Ok(Some((server, GreeterClient::new(client))))
}

#[net_test]
async fn it_answers_calls(net: Net) -> Result<()> {
    let Some((mut server, greeter)) = connect(&net).await? else {
        return Ok(());
    };
    let greeting = greeter.hello(text("World")).await?;
    assert_eq!(greeting.value, "Hello, World!");
    let long = "x".repeat((4 << 20) - 100);
    let greeting = greeter.hello(text(&long)).await?;
    assert_eq!(greeting.value.len(), long.len() + 8);
    let status = greeter.fail(number(5)).await.expect_err("as asked for");
    assert_eq!(status.to_string(), "NotFound: as asked for");
    assert_eq!(status.details()[0].type_url, DETAIL);
    assert_eq!(status.details()[0].value, b"\x0a\x015");
    let named = Request::new(text("Name")).with_metadata("Name", "one");
    let named = greeter.metadata(named.with_metadata("name", "two")).await?;
    assert_eq!(named.value, "one,two");
    let hasty = Request::new(number(60_000)).with_timeout(Duration::from_millis(30));
    let status = greeter.sleep(hasty).await.expect_err("it takes a minute");
    assert!(status.is_timeout(), "{status}");
    server.kill().await;
    let status = greeter.hello(text("World")).await.expect_err("it is gone");
    assert_eq!(status.code(), Code::Unavailable, "{status}");
    Ok(())
}

#[net_test]
async fn it_answers_what_it_does_not_have(net: Net) -> Result<()> {
    let Some(server) = net_peers::start("ttrpc").await else {
        return Ok(());
    };
    let client = Client::connect(&net, "tcp", server.address("tcp")).await?;
    let services = [("greeter.Greeter", "Goodbye"), ("greeter.Nobody", "Hello")];
    for (service, method) in services {
        let refused = client.unary::<(), ()>(service, method, ()).await;
        let refused = refused.expect_err("there is none");
        assert_eq!(refused.code(), Code::Unimplemented, "{refused}");
    }
    Ok(())
}

#[net_test]
async fn it_streams(net: Net) -> Result<()> {
    let Some((_server, greeter)) = connect(&net).await? else {
        return Ok(());
    };
    let mut numbers = greeter.count(number(100)).await?;
    for expected in 0..100 {
        assert_eq!(numbers.message().await?, Some(number(expected)));
    }
    assert_eq!(numbers.message().await?, None);
    let mut sum = greeter.sum(()).await?;
    for value in 0..100 {
        sum.send(number(value)).await?;
    }
    assert_eq!(sum.finish().await?, number(4950));
    for last in ["", "bye"] {
        let (mut names, mut greetings) = greeter.chat(()).await?;
        for name in ["a", "b", "c"] {
            names.send(text(name)).await?;
            let greeting = greetings.message().await?;
            assert_eq!(greeting, Some(text(&format!("Hello, {name}!"))));
        }
        if last.is_empty() {
            names.close().await?;
            assert_eq!(greetings.message().await?, None);
        } else {
            names.send(text(last)).await?;
            let status = greetings.message().await.expect_err("as asked for");
            assert_eq!(status.to_string(), "Aborted: bye");
        }
    }
    Ok(())
}
