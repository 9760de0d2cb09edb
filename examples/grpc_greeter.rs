//! gRPC: a service with health checks and reflection, and its client, from one proto
//! file.
//!
//! ```text
//! cargo run --release --example grpc_greeter serve                # native
//! cargo xtask run wasmedge grpc_greeter serve 127.0.0.1:50051     # the same on WasmEdge
//! cargo run --release --example grpc_greeter greet Ann Bob
//! cargo xtask run wasi-go grpc_greeter greet Ann Bob
//! grpcurl -plaintext 127.0.0.1:50051 list                         # by reflection
//! grpcurl -plaintext -d '{"name": "Ann"}' 127.0.0.1:50051 greeter.v1.Greeter/Greet
//! ```
//!
//! On Ctrl-C or SIGTERM the server finishes the calls in progress.
//!
//! The code is generated from `greeter.proto`, without `protoc`, by the crate in
//! `dev/grpc-greeter`; `docs/grpc.md` explains it.

use std::error::Error;
use std::pin::Pin;
use std::time::Duration;

use greeter::greeter_client::GreeterClient;
use greeter::greeter_server::{Greeter, GreeterServer};
use greeter::{GreetOftenRequest, GreetReply, GreetRequest};
use net::Listener;
use net::grpc::{Channel, PeerAddr, Server};
use tokio_stream::{Stream, StreamExt};
use tonic::{Request, Response, Status, Streaming};

const ADDRESS: &str = "127.0.0.1:50051";

type Result<T = (), E = Box<dyn Error>> = std::result::Result<T, E>;

#[net::net_main]
async fn main() -> Result {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["serve"] => serve(ADDRESS).await,
        ["serve", address] => serve(address).await,
        ["greet", "--at", address, ref names @ ..] => greet(address, names).await,
        ["greet", ref names @ ..] => greet(ADDRESS, names).await,
        _ => Err("usage: grpc_greeter serve [ADDRESS] | greet [--at ADDRESS] NAME...".into()),
    }
}

async fn serve(address: &str) -> Result {
    let (health, health_service) = tonic_health::server::health_reporter();
    health.set_serving::<GreeterServer<Host>>().await;
    let reflection = tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(greeter::FILE_DESCRIPTOR_SET)
        .build_v1()?;
    let listener = net::listen("tcp", address).await?;
    println!("listening on http://{}", listener.local_addr()?);
    Server::builder()
        .add_service(GreeterServer::new(Host))
        .add_service(health_service)
        .add_service(reflection)
        .serve_until(listener, net::shutdown())
        .await?;
    Ok(())
}

/// Calls one method of each kind.
async fn greet(address: &str, names: &[&str]) -> Result {
    let channel = Channel::builder(net::Net::default())
        .with_timeout(Duration::from_secs(10))
        .connect(&format!("http://{address}"))
        .await?;
    let mut client = GreeterClient::new(channel);
    let requests: Vec<_> = names.iter().map(|&name| named(name)).collect();
    for request in requests.clone() {
        println!("{}", client.greet(request).await?.into_inner().text);
    }
    let often = GreetOftenRequest {
        name: "everyone".to_owned(),
        times: 2,
    };
    let mut replies = client.greet_often(often).await?.into_inner();
    while let Some(reply) = replies.message().await? {
        println!("{}", reply.text);
    }
    let together = client.greet_together(tokio_stream::iter(requests.clone()));
    println!("{}", together.await?.into_inner().text);
    let each = client.greet_each(tokio_stream::iter(requests));
    let mut replies = each.await?.into_inner();
    while let Some(reply) = replies.message().await? {
        println!("{}", reply.text);
    }
    Ok(())
}

fn named(name: &str) -> GreetRequest {
    GreetRequest {
        name: name.to_owned(),
    }
}

/// The service.
#[derive(Debug)]
struct Host;

type Replies = Pin<Box<dyn Stream<Item = Result<GreetReply, Status>> + Send>>;

fn hello(name: &str) -> GreetReply {
    GreetReply {
        text: format!("Hello, {name}!"),
    }
}

#[tonic::async_trait]
impl Greeter for Host {
    async fn greet(&self, request: Request<GreetRequest>) -> Result<Response<GreetReply>, Status> {
        if let Some(PeerAddr(peer)) = request.extensions().get() {
            eprintln!("{peer} asks for a greeting");
        }
        let name = request.into_inner().name;
        if name.is_empty() {
            return Err(Status::invalid_argument("the name is empty"));
        }
        Ok(Response::new(hello(&name)))
    }

    type GreetOftenStream = Replies;

    async fn greet_often(
        &self,
        request: Request<GreetOftenRequest>,
    ) -> Result<Response<Replies>, Status> {
        let GreetOftenRequest { name, times } = request.into_inner();
        let replies = tokio_stream::iter(0..times).map(move |_| Ok(hello(&name)));
        Ok(Response::new(Box::pin(replies)))
    }

    async fn greet_together(
        &self,
        request: Request<Streaming<GreetRequest>>,
    ) -> Result<Response<GreetReply>, Status> {
        let mut requests = request.into_inner();
        let mut names = Vec::new();
        while let Some(request) = requests.message().await? {
            names.push(request.name);
        }
        Ok(Response::new(hello(&names.join(" and "))))
    }

    type GreetEachStream = Replies;

    async fn greet_each(
        &self,
        request: Request<Streaming<GreetRequest>>,
    ) -> Result<Response<Replies>, Status> {
        let requests = request.into_inner();
        let replies = requests.map(|request| Ok(hello(&request?.name)));
        Ok(Response::new(Box::pin(replies)))
    }
}
