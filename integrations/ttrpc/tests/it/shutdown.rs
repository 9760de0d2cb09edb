//! Graceful shutdown.

use std::io::ErrorKind;
use std::time::Duration;

use net::prelude::*;
use net::{Network, Result, net_test};
use net_ttrpc::{Client, Code, Server};

use crate::support::{Running, SOON, text};

#[net_test(backends(native, memory))]
async fn calls_that_are_under_way_are_finished(net: impl Network) -> Result<()> {
    let server = Running::start(&net, Server::new()).await?;
    let address = server.address.clone();
    let greeter = server.client(&net).await?;
    let (mut names, mut greetings) = greeter.chat(()).await?;
    names.send(text("a")).await?;
    greetings.message().await?.expect("a greeting");
    let stopping = server.stop();
    let talking = async {
        // It is refused once the server was told to stop.
        let refused = loop {
            match greeter.hello(text("World")).await {
                Ok(_) => net::time::sleep(Duration::from_millis(1)).await,
                Err(status) => break status,
            }
        };
        assert_eq!(refused.code(), Code::Unavailable, "{refused}");
        names.send(text("b")).await?;
        let greeting = greetings.message().await?;
        assert_eq!(greeting, Some(text("Hello, b!")));
        names.close().await?;
        assert_eq!(greetings.message().await?, None);
        Ok(())
    };
    let (errors, ()) = tokio::try_join!(stopping, talking)?;
    assert_eq!(errors, [""; 0]);
    let dialed = net.dial("tcp", &address).await.map(drop);
    let error = dialed.expect_err("it is gone");
    assert_eq!(error.kind(), ErrorKind::ConnectionRefused, "{error}");
    Ok(())
}

#[net_test(backends(native, memory))]
async fn an_idle_connection_does_not_hold_it_up(net: impl Network) -> Result<()> {
    let server = Running::start(&net, Server::new()).await?;
    let client = Client::connect(&net, "tcp", &server.address).await?;
    let mut unused = net.dial("tcp", &server.address).await?;
    server.stop().await?;
    net::time::timeout(SOON, client.closed()).await?;
    let failed = client.unary::<(), ()>("greeter.Greeter", "Hello", ());
    let failed = failed.await.expect_err("the connection is gone");
    assert_eq!(failed.code(), Code::Unavailable, "{failed}");
    let ended = net::time::timeout(SOON, unused.read(&mut [0])).await?;
    assert!(matches!(ended, Ok(0) | Err(_)), "{ended:?}");
    Ok(())
}

#[net_test(backends(native, memory))]
async fn a_call_that_takes_too_long_is_cut(net: impl Network) -> Result<()> {
    let hasty = Server::new().with_drain_timeout(Duration::from_millis(20));
    let server = Running::start(&net, hasty).await?;
    let greeter = server.client(&net).await?;
    let (mut names, mut greetings) = greeter.chat(()).await?;
    names.send(text("a")).await?;
    greetings.message().await?.expect("a greeting");
    let error = server.stop().await.expect_err("it is still busy");
    assert_eq!(error.kind(), ErrorKind::TimedOut, "{error}");
    assert!(error.to_string().contains("1 connections"), "{error}");
    let failed = greetings.message().await.expect_err("it was cut");
    assert_eq!(failed.code(), Code::Unavailable, "{failed}");
    Ok(())
}
