//! The service that most tests call.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use greeter::greeter_server::Greeter;
use greeter::{GreetOftenRequest, GreetReply, GreetRequest};
use net_grpc::PeerAddr;
use tokio::sync::Notify;
use tokio_stream::{Stream, StreamExt};
use tonic::metadata::MetadataMap;
use tonic::{Code, Request, Response, Status, Streaming};

type Replies = Pin<Box<dyn Stream<Item = Result<GreetReply, Status>> + Send>>;

/// Greets, in ways that depend on the name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Host {
    under_way: Arc<AtomicUsize>,
    count: Arc<AtomicU64>,
    changed: Arc<Notify>,
}

impl Host {
    /// Waits until a number of calls are pending.
    pub(crate) async fn until_under_way(&self, count: usize) {
        loop {
            let changed = self.changed.notified();
            if self.under_way.load(Ordering::SeqCst) == count {
                return;
            }
            changed.await;
        }
    }

    /// Returns the number of calls since it was last called.
    pub(crate) fn take_count(&self) -> u64 {
        self.count.swap(0, Ordering::SeqCst)
    }

    fn call(&self) -> Call {
        self.count.fetch_add(1, Ordering::SeqCst);
        self.under_way.fetch_add(1, Ordering::SeqCst);
        self.changed.notify_waiters();
        Call(self.clone())
    }
}

/// Counts for as long as it lives.
struct Call(Host);

impl Drop for Call {
    fn drop(&mut self) {
        self.0.under_way.fetch_sub(1, Ordering::SeqCst);
        self.0.changed.notify_waiters();
    }
}

pub(crate) fn reply(text: impl Into<String>) -> GreetReply {
    GreetReply { text: text.into() }
}

fn header(metadata: &MetadataMap, name: &str) -> String {
    let value = metadata.get(name).and_then(|value| value.to_str().ok());
    value.unwrap_or("none").to_owned()
}

#[tonic::async_trait]
impl Greeter for Host {
    async fn greet(&self, request: Request<GreetRequest>) -> Result<Response<GreetReply>, Status> {
        let _call = self.call();
        let name = &request.get_ref().name;
        let text = match name.as_str() {
            "nobody" => return Err(refusal()),
            "sleeper" => std::future::pending().await,
            "slow" => {
                tokio::time::sleep(Duration::from_millis(200)).await;
                "at last".to_owned()
            }
            "giant" => "x".repeat(100_000),
            "peer" => match request.extensions().get::<PeerAddr>() {
                Some(PeerAddr(peer)) => peer.to_string(),
                None => "none".to_owned(),
            },
            "metadata" => header(request.metadata(), "x-mood"),
            "user agent" => header(request.metadata(), "user-agent"),
            "timeout" => header(request.metadata(), "grpc-timeout"),
            "encoding" => header(request.metadata(), "grpc-encoding"),
            _ => format!("Hello, {name}!"),
        };
        let mut response = Response::new(reply(text));
        let metadata = response.metadata_mut();
        metadata.insert("x-mood", "fine".parse().expect("a value"));
        Ok(response)
    }

    /// None at all, for ever, where no number is given.
    type GreetOftenStream = Replies;

    async fn greet_often(
        &self,
        request: Request<GreetOftenRequest>,
    ) -> Result<Response<Replies>, Status> {
        let call = self.call();
        let GreetOftenRequest { name, times } = request.into_inner();
        let numbers = tokio_stream::iter(0..times);
        let numbers: Pin<Box<dyn Stream<Item = u32> + Send>> = match times {
            0 => Box::pin(tokio_stream::pending()),
            _ => Box::pin(numbers),
        };
        let greetings = numbers.map(move |n| {
            let _ = &call;
            Ok(reply(format!("{n}: Hello, {name}!")))
        });
        Ok(Response::new(Box::pin(greetings)))
    }

    async fn greet_together(
        &self,
        request: Request<Streaming<GreetRequest>>,
    ) -> Result<Response<GreetReply>, Status> {
        let _call = self.call();
        let mut requests = request.into_inner();
        let mut names = Vec::new();
        while let Some(request) = requests.next().await {
            names.push(request?.name);
        }
        Ok(Response::new(reply(format!(
            "Hello, {}!",
            names.join(", ")
        ))))
    }

    type GreetEachStream = Replies;

    async fn greet_each(
        &self,
        request: Request<Streaming<GreetRequest>>,
    ) -> Result<Response<Replies>, Status> {
        let call = self.call();
        let greetings = request.into_inner().map(move |request| {
            let _ = &call;
            Ok(reply(format!("Hello, {}!", request?.name)))
        });
        Ok(Response::new(Box::pin(greetings)))
    }
}

/// A status with all fields.
fn refusal() -> Status {
    let mut metadata = MetadataMap::new();
    metadata.insert("x-mood", "bad".parse().expect("a value"));
    let details = b"\x00details\xff".as_slice().into();
    Status::with_details_and_metadata(Code::NotFound, "nobody – at all", details, metadata)
}
