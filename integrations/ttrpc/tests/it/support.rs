//! Shared by the tests.

use std::future::pending;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use net::prelude::*;
use net::{JoinHandle, Network, Result};
use net_ttrpc::prost::Message;
use net_ttrpc::prost_types::Any;
use net_ttrpc::{Client, Code, Replies, Request, Server, Status, Streaming};
use tokio::sync::oneshot;
use ttrpc_greeter::{Greeter, GreeterClient, GreeterServer, Number, Text};

/// A generous bound for what takes no time on an idle machine.
pub(crate) const SOON: Duration = Duration::from_secs(10);

/// The type of the details of a failure. prost encodes strings as such messages.
pub(crate) const DETAIL: &str = "type.googleapis.com/google.protobuf.StringValue";

pub(crate) fn text(value: &str) -> Text {
    Text {
        value: value.to_owned(),
    }
}

pub(crate) fn number(value: i64) -> Number {
    Number { value }
}

/// The service of the proto file.
pub(crate) struct Polite;

impl Greeter for Polite {
    async fn hello(&self, name: Request<Text>) -> Result<Text, Status> {
        match name.get_ref().value.as_str() {
            "who?" => Ok(text(&name.peer().expect("it has come").to_string())),
            "panic" => panic!("as asked for"),
            "never" => pending().await,
            "long" => Ok(text(&"x".repeat(4 << 20))),
            name => Ok(text(&format!("Hello, {name}!"))),
        }
    }

    async fn count(
        &self,
        end: Request<Number>,
        mut replies: Replies<Number>,
    ) -> Result<(), Status> {
        for value in 0..end.into_inner().value {
            replies.send(number(value)).await?;
        }
        Ok(())
    }

    async fn sum(&self, numbers: Request<Streaming<Number>>) -> Result<Number, Status> {
        let mut numbers = numbers.into_inner();
        let mut sum: i64 = 0;
        while let Some(number) = numbers.message().await? {
            if number.value < 0 {
                return Err(Status::new(Code::OutOfRange, "a number below zero"));
            }
            sum += number.value;
        }
        Ok(number(sum))
    }

    async fn chat(
        &self,
        names: Request<Streaming<Text>>,
        mut replies: Replies<Text>,
    ) -> Result<(), Status> {
        let mut names = names.into_inner();
        while let Some(name) = names.message().await? {
            if name.value == "bye" {
                return Err(Status::new(Code::Aborted, "bye"));
            }
            replies
                .send(text(&format!("Hello, {}!", name.value)))
                .await?;
        }
        Ok(())
    }

    async fn fail(&self, code: Request<Number>) -> Result<Text, Status> {
        let detail = Any {
            type_url: DETAIL.to_owned(),
            value: code.get_ref().value.to_string().encode_to_vec(),
        };
        let status = match code.into_inner().value {
            5 => Status::new(Code::NotFound, "as asked for"),
            _ => Status::new(Code::InvalidArgument, "no code that it knows"),
        };
        Err(status.with_details([detail]))
    }

    async fn metadata(&self, name: Request<Text>) -> Result<Text, Status> {
        let values: Vec<_> = name.metadata().get_all(&name.get_ref().value).collect();
        Ok(text(&values.join(",")))
    }

    async fn sleep(&self, millis: Request<Number>) -> Result<Number, Status> {
        let millis = millis.into_inner();
        let duration = Duration::from_millis(millis.value.unsigned_abs());
        tokio::time::sleep(duration).await;
        Ok(millis)
    }
}

/// A running server, how to stop it, and its errors.
pub(crate) struct Running {
    pub(crate) address: String,
    errors: Arc<Mutex<Vec<String>>>,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<Result<()>>,
}

impl Running {
    pub(crate) async fn start<N: Network>(net: &N, server: Server) -> Result<Self> {
        let listener = net.listen("tcp", "127.0.0.1:0").await?;
        let address = listener.local_addr()?.to_string();
        let errors = Arc::new(Mutex::new(Vec::new()));
        let told = Arc::clone(&errors);
        let server = server
            .with_service(GreeterServer::new(Polite))
            .with_error_hook(move |error| told.lock().unwrap().push(error.to_string()));
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = net::spawn(async move {
            let stopped = async {
                let _ = stopped.await;
            };
            server.serve_until(listener, stopped).await
        });
        Ok(Running {
            address,
            errors,
            stop,
            serving,
        })
    }

    pub(crate) async fn client<N: Network>(&self, net: &N) -> Result<GreeterClient> {
        let client = Client::connect(net, "tcp", &self.address).await?;
        Ok(GreeterClient::new(client))
    }

    /// Stops the server, and waits until it has stopped.
    pub(crate) async fn stop(self) -> Result<Vec<String>> {
        let _ = self.stop.send(());
        net::time::timeout(SOON, self.serving).await???;
        let errors = self.errors.lock().unwrap();
        Ok(errors.clone())
    }
}

/// Encodes a frame, valid or not.
pub(crate) fn frame(stream: u32, kind: u8, flags: u8, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("a short one");
    let mut frame = length.to_be_bytes().to_vec();
    frame.extend(stream.to_be_bytes());
    frame.extend([kind, flags]);
    frame.extend(payload);
    frame
}

/// Encodes a field of type bytes.
pub(crate) fn field(number: u8, value: &[u8]) -> Vec<u8> {
    let length = u8::try_from(value.len()).expect("a short one");
    assert!(length < 128);
    [&[number << 3 | 2, length], value].concat()
}

/// Encodes the payload of a request frame.
pub(crate) fn request(method: &str, payload: &[u8]) -> Vec<u8> {
    let service = field(1, b"greeter.Greeter");
    [service, field(2, method.as_bytes()), field(3, payload)].concat()
}
