//! Streaming calls.

use net::{Network, Result, net_test};
use net_ttrpc::{Client, Code, Server};

use crate::support::{Running, number, text};

#[net_test(backends(native, memory))]
async fn a_server_streams(net: impl Network) -> Result<()> {
    let server = Running::start(&net, Server::new()).await?;
    let greeter = server.client(&net).await?;
    let mut numbers = greeter.count(number(1000)).await?;
    // The first message is empty, which is valid.
    for expected in 0..1000 {
        assert_eq!(numbers.message().await?, Some(number(expected)));
    }
    assert_eq!(numbers.message().await?, None);
    assert_eq!(numbers.message().await?, None);
    let mut none = greeter.count(number(0)).await?;
    assert_eq!(none.message().await?, None);
    Ok(())
}

#[net_test(backends(native, memory))]
async fn a_client_streams(net: impl Network) -> Result<()> {
    let server = Running::start(&net, Server::new()).await?;
    let greeter = server.client(&net).await?;
    let mut call = greeter.sum(()).await?;
    for value in 0..1000 {
        call.send(number(value)).await?;
    }
    assert_eq!(call.finish().await?, number(499_500));
    let nothing = greeter.sum(()).await?;
    assert_eq!(nothing.finish().await?, number(0));
    Ok(())
}

#[net_test(backends(native, memory))]
async fn a_server_may_end_a_stream_early(net: impl Network) -> Result<()> {
    let server = Running::start(&net, Server::new()).await?;
    let greeter = server.client(&net).await?;
    let mut call = greeter.sum(()).await?;
    call.send(number(-1)).await?;
    while call.send(number(1)).await.is_ok() {
        net::time::sleep(std::time::Duration::from_millis(1)).await;
    }
    let status = call.finish().await.expect_err("as asked for");
    assert_eq!(status.to_string(), "OutOfRange: a number below zero");
    Ok(())
}

#[net_test(backends(native, memory))]
async fn both_sides_stream_at_once(net: impl Network) -> Result<()> {
    let server = Running::start(&net, Server::new()).await?;
    let greeter = server.client(&net).await?;
    let (mut names, mut greetings) = greeter.chat(()).await?;
    for name in ["a", "b", "c"] {
        names.send(text(name)).await?;
        let greeting = greetings.message().await?;
        assert_eq!(greeting, Some(text(&format!("Hello, {name}!"))));
    }
    names.send(text("bye")).await?;
    let status = greetings.message().await.expect_err("as asked for");
    assert_eq!(status.code(), Code::Aborted, "{status}");
    assert_eq!(greetings.message().await?, None);
    let refused = names.send(text("d")).await.expect_err("it has ended");
    assert_eq!(refused.code(), Code::Cancelled, "{refused}");
    Ok(())
}

#[net_test(backends(native, memory))]
async fn what_nobody_reads_does_not_fill_the_memory(net: impl Network) -> Result<()> {
    let server = Running::start(&net, Server::new()).await?;
    let unread = server.client(&net).await?;
    // At least 128 bytes each: more than is buffered.
    let mut endless = unread.count(number(i64::MAX)).await?;
    assert_eq!(endless.message().await?, Some(number(0)));
    // Other connections are not affected.
    let greeter = server.client(&net).await?;
    assert_eq!(greeter.hello(text("World")).await?.value, "Hello, World!");
    // Nor is this one, once the stream is dropped.
    drop(endless);
    assert_eq!(unread.hello(text("World")).await?.value, "Hello, World!");
    Ok(())
}

#[net_test(backends(native, memory))]
async fn a_connection_outlives_its_client_while_a_stream_needs_it(net: impl Network) -> Result<()> {
    let server = Running::start(&net, Server::new()).await?;
    let client = Client::connect(&net, "tcp", &server.address).await?;
    let greeter = ttrpc_greeter::GreeterClient::new(client);
    let (mut names, mut greetings) = greeter.chat(()).await?;
    drop(greeter);
    names.send(text("World")).await?;
    let greeting = greetings.message().await?;
    assert_eq!(greeting, Some(text("Hello, World!")));
    names.close().await?;
    assert_eq!(greetings.message().await?, None);
    Ok(())
}

#[net_test(backends(native, memory))]
async fn so_does_one_that_only_the_server_sends_on(net: impl Network) -> Result<()> {
    let server = Running::start(&net, Server::new()).await?;
    let greeter = server.client(&net).await?;
    let mut numbers = greeter.count(number(100)).await?;
    drop(greeter);
    for expected in 0..100 {
        assert_eq!(numbers.message().await?, Some(number(expected)));
    }
    assert_eq!(numbers.message().await?, None);
    Ok(())
}
