//! Peers that disappear.

use std::time::Duration;

use greeter::greeter_client::GreeterClient;
use net::memory::MemoryNet;
use net::net_test;
use net::prelude::*;
use net_grpc::{Channel, Server};
use tokio::time::Instant;
use tonic::Code;

use crate::support::{Running, greet, named};

type Result<T = (), E = Box<dyn std::error::Error>> = std::result::Result<T, E>;

#[net_test(backend = memory, start_paused)]
async fn a_dead_peer_is_found_while_a_call_is_under_way(net: MemoryNet) -> Result {
    let there = net.on("server");
    let server = Running::start_at(&there, ":80", Server::builder()).await?;
    let builder = Channel::builder(net.clone());
    let builder = builder.with_keep_alive(Duration::from_secs(30), Duration::from_secs(10));
    let mut client = GreeterClient::new(builder.connect("http://server").await?);
    assert_eq!(greet(&mut client, "Ann").await?, "Hello, Ann!");
    let stall = net.rule().from("server").stall();
    let start = Instant::now();
    let status = client
        .greet(named("sleeper"))
        .await
        .expect_err("a dead peer");
    assert_eq!(status.code(), Code::Unavailable, "{status:?}");
    assert!(
        (30..=60).contains(&start.elapsed().as_secs()),
        "{:?}",
        start.elapsed()
    );
    drop(stall);
    assert_eq!(greet(&mut client, "Ann").await?, "Hello, Ann!");
    drop((client, server));
    Ok(())
}

#[net_test(backend = memory, start_paused)]
async fn a_dead_peer_is_found_while_idle_if_that_is_wanted(net: MemoryNet) -> Result {
    let there = net.on("server");
    let server = Running::start_at(&there, ":80", Server::builder()).await?;
    let builder = Channel::builder(net.clone());
    let builder = builder.with_keep_alive(Duration::from_secs(30), Duration::from_secs(10));
    let builder = builder.with_keep_alive_while_idle(true);
    let mut client = GreeterClient::new(builder.connect("http://server").await?);
    let before = greet(&mut client, "peer").await?;
    let stall = net.rule().from("server").stall();
    tokio::time::sleep(Duration::from_secs(61)).await;
    drop(stall);
    let after = greet(&mut client, "peer").await?;
    assert_ne!(before, after, "it is another connection");
    drop((client, server));
    Ok(())
}
