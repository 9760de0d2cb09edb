//! gRPC: a service, and a client that calls it.

use std::time::{Duration, Instant};

use greeter::greeter_client::GreeterClient;
use greeter::greeter_server::Greeter;
use greeter::{GreetOftenRequest, GreetReply, GreetRequest};
use tonic::body::Body;
use tonic::client::GrpcService;
use tonic::codegen::{BoxStream, StdError};
use tonic::{Request, Response, Status, Streaming};

/// Answers what is measured, and nothing else.
#[derive(Debug)]
pub struct Greetings;

type Answer<T> = Result<Response<T>, Status>;

#[tonic::async_trait]
impl Greeter for Greetings {
    async fn greet(&self, request: Request<GreetRequest>) -> Answer<GreetReply> {
        let text = format!("Hello, {}!", request.into_inner().name);
        Ok(Response::new(GreetReply { text }))
    }

    type GreetOftenStream = BoxStream<GreetReply>;

    async fn greet_often(
        &self,
        _request: Request<GreetOftenRequest>,
    ) -> Answer<Self::GreetOftenStream> {
        Err(Status::unimplemented("it is not measured"))
    }

    async fn greet_together(
        &self,
        _request: Request<Streaming<GreetRequest>>,
    ) -> Answer<GreetReply> {
        Err(Status::unimplemented("it is not measured"))
    }

    type GreetEachStream = BoxStream<GreetReply>;

    async fn greet_each(
        &self,
        _request: Request<Streaming<GreetRequest>>,
    ) -> Answer<Self::GreetEachStream> {
        Err(Status::unimplemented("it is not measured"))
    }
}

/// How many calls are under way at once.
const AT_ONCE: u32 = 8;

/// Makes so many calls; gives the time.
///
/// # Panics
///
/// If one fails.
pub async fn call<T>(channel: T, rounds: u32) -> Duration
where
    T: GrpcService<Body, Future: Send> + Clone + Send + 'static,
    T::Error: Into<StdError>,
    T::ResponseBody: tonic::codegen::Body<Data = bytes::Bytes> + Send + 'static,
    <T::ResponseBody as tonic::codegen::Body>::Error: Into<StdError> + Send,
{
    let client = GreeterClient::new(channel);
    let start = Instant::now();
    let calls: Vec<_> = (0..AT_ONCE)
        .map(|_| {
            let mut client = client.clone();
            tokio::spawn(async move {
                for _ in 0..rounds / AT_ONCE {
                    let name = "Ann".to_owned();
                    let reply = client.greet(GreetRequest { name }).await;
                    assert_eq!(reply.expect("an answer").get_ref().text, "Hello, Ann!");
                }
            })
        })
        .collect();
    for call in calls {
        call.await.expect("it does not panic");
    }
    start.elapsed()
}
