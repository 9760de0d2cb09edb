//! Calls of every kind, and their metadata.

use greeter::greeter_client::GreeterClient;
use greeter::greeter_server::GreeterServer;
use net::prelude::*;
use net::{Network, net_test};
use net_grpc::{Channel, Server};
use tokio_stream::StreamExt;
use tonic::codec::CompressionEncoding::Gzip;
use tonic::{Code, Request, Status};

use crate::service::Host;
use crate::support::{Running, greet, named, often, soon};

type Result<T = (), E = Box<dyn std::error::Error>> = std::result::Result<T, E>;

#[net_test(backends(native, memory))]
async fn one_request_has_one_answer(net: impl Network + Clone + 'static) -> Result {
    let server = Running::start(&net).await?;
    let mut client = server.client(&net).await?;
    for name in ["Ann", "Bob", ""] {
        assert_eq!(greet(&mut client, name).await?, format!("Hello, {name}!"));
    }
    drop(client);
    Ok(server.stop().await?)
}

#[net_test(backends(native, memory))]
async fn answers_are_streamed(net: impl Network + Clone + 'static) -> Result {
    let server = Running::start(&net).await?;
    let mut client = server.client(&net).await?;
    let mut replies = client.greet_often(often("Ann", 1000)).await?.into_inner();
    for n in 0..1000 {
        let reply = replies.message().await?.expect("another one");
        assert_eq!(reply.text, format!("{n}: Hello, Ann!"));
    }
    assert_eq!(replies.message().await?, None);
    drop((client, replies));
    Ok(server.stop().await?)
}

#[net_test(backends(native, memory))]
async fn requests_are_streamed(net: impl Network + Clone + 'static) -> Result {
    let server = Running::start(&net).await?;
    let mut client = server.client(&net).await?;
    let requests = tokio_stream::iter(["Ann", "Bob"]).map(named);
    let reply = client.greet_together(requests).await?.into_inner();
    assert_eq!(reply.text, "Hello, Ann, Bob!");
    drop(client);
    Ok(server.stop().await?)
}

#[net_test(backends(native, memory))]
async fn requests_and_answers_take_turns(net: impl Network + Clone + 'static) -> Result {
    let server = Running::start(&net).await?;
    let mut client = server.client(&net).await?;
    let (send, receive) = tokio::sync::mpsc::channel(1);
    let requests = tokio_stream::wrappers::ReceiverStream::new(receive);
    let mut replies = client.greet_each(requests).await?.into_inner();
    for name in ["Ann", "Bob", "Cid"] {
        send.send(named(name)).await?;
        let reply = soon(replies.message()).await?.expect("an answer");
        assert_eq!(reply.text, format!("Hello, {name}!"));
    }
    drop(send);
    assert_eq!(soon(replies.message()).await?, None);
    drop((client, replies));
    Ok(server.stop().await?)
}

#[net_test(backends(native, memory))]
async fn many_calls_share_a_connection(net: impl Network + Clone + 'static) -> Result {
    let server = Running::start(&net).await?;
    let client = server.client(&net).await?;
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..100 {
        let mut client = client.clone();
        calls.spawn(async move { greet(&mut client, "peer").await });
    }
    let peers = calls.join_all().await;
    let peers: Vec<String> = peers.into_iter().collect::<Result<_, Status>>()?;
    assert!(peers.iter().all(|peer| *peer == peers[0]), "{peers:?}");
    assert!(peers[0].starts_with("127.0.0.1:"), "{peers:?}");
    drop(client);
    Ok(server.stop().await?)
}

#[net_test(backends(native, memory))]
async fn metadata_goes_both_ways(net: impl Network + Clone + 'static) -> Result {
    let server = Running::start(&net).await?;
    let mut client = server.client(&net).await?;
    let mut request = Request::new(named("metadata"));
    request.metadata_mut().insert("x-mood", "good".parse()?);
    let response = client.greet(request).await?;
    assert_eq!(
        response.metadata().get("x-mood").expect("it is sent"),
        "fine"
    );
    assert_eq!(response.into_inner().text, "good");
    drop(client);
    Ok(server.stop().await?)
}

#[net_test(backends(native, memory))]
async fn a_status_comes_with_all_that_it_has(net: impl Network + Clone + 'static) -> Result {
    let server = Running::start(&net).await?;
    let mut client = server.client(&net).await?;
    let status = greet(&mut client, "nobody").await.expect_err("a refusal");
    assert_eq!(status.code(), Code::NotFound);
    assert_eq!(status.message(), "nobody – at all");
    assert_eq!(status.details(), b"\x00details\xff");
    assert_eq!(status.metadata().get("x-mood").expect("it is sent"), "bad");
    drop(client);
    Ok(server.stop().await?)
}

#[net_test(backends(native, memory))]
async fn a_service_that_is_not_there_is_unimplemented(
    net: impl Network + Clone + 'static,
) -> Result {
    let listener = net.listen("tcp", "127.0.0.1:0").await?;
    let uri = format!("http://{}", listener.local_addr()?);
    let client = async {
        let channel = Channel::builder(net.clone()).connect(&uri).await?;
        let status = greet(&mut GreeterClient::new(channel), "Ann").await;
        assert_eq!(status.expect_err("no service").code(), Code::Unimplemented);
        Ok::<_, Box<dyn std::error::Error>>(())
    };
    tokio::select! {
        () = Server::builder().serve(&listener) => unreachable!("it does not end"),
        result = client => result,
    }
}

#[net_test(backends(native, memory))]
async fn messages_are_compressed(net: impl Network + Clone + 'static) -> Result {
    let service = GreeterServer::new(Host::default());
    let service = service.accept_compressed(Gzip).send_compressed(Gzip);
    let listener = net.listen("tcp", "127.0.0.1:0").await?;
    let uri = format!("http://{}", listener.local_addr()?);
    let server = Server::builder().add_service(service);
    let client = async {
        let channel = Channel::builder(net.clone()).connect(&uri).await?;
        let client = GreeterClient::new(channel);
        let mut client = client.accept_compressed(Gzip).send_compressed(Gzip);
        assert_eq!(greet(&mut client, "encoding").await?, "gzip");
        let response = client.greet(named("giant")).await?;
        assert_eq!(
            response.metadata().get("grpc-encoding").expect("one"),
            "gzip"
        );
        assert_eq!(response.into_inner().text.len(), 100_000);
        Ok(())
    };
    tokio::select! {
        () = server.serve(&listener) => unreachable!("it does not end"),
        result = client => result,
    }
}

#[net_test(backends(native, memory))]
async fn a_message_that_is_too_long_is_refused(net: impl Network + Clone + 'static) -> Result {
    let server = Running::start(&net).await?;
    let client = server.client(&net).await?;
    let mut client = client.max_decoding_message_size(50_000);
    let status = greet(&mut client, "giant").await.expect_err("too long");
    assert_eq!(status.code(), Code::OutOfRange, "{status:?}");
    assert_eq!(greet(&mut client, "Ann").await?, "Hello, Ann!");
    // The service's limit is 4 MiB.
    let giant = "x".repeat(5 << 20);
    let status = greet(&mut client, &giant).await.expect_err("too long");
    assert_eq!(status.code(), Code::OutOfRange, "{status:?}");
    assert_eq!(greet(&mut client, "Ann").await?, "Hello, Ann!");
    drop(client);
    Ok(server.stop().await?)
}

#[net_test(backends(native, memory))]
async fn the_user_agent_names_program_and_library(net: impl Network + Clone + 'static) -> Result {
    let server = Running::start(&net).await?;
    let builder = Channel::builder(net.clone()).with_user_agent("visitor/2")?;
    let mut client = GreeterClient::new(builder.connect(&server.uri()).await?);
    let agent = greet(&mut client, "user agent").await?;
    assert!(agent.starts_with("visitor/2 net-grpc/"), "{agent}");
    drop(client);
    Ok(server.stop().await?)
}
