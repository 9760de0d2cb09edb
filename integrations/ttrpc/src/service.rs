use std::fmt;
use std::future::Future;
use std::pin::Pin;

use bytes::Bytes;
use prost::Message;
use tokio::sync::mpsc;

use crate::deadline::{self, within};
use crate::envelope::{self, Response};
use crate::frame::{Frame, Kind};
use crate::inbox::Inbox;
use crate::sending::Replies;
use crate::{Code, Request, Status, Streaming};

/// A service: methods under a common name. `net-ttrpc-build` generates
/// implementations from proto files. By hand:
///
/// ```
/// use net_ttrpc::{Handling, IncomingCall, Service, Status};
///
/// struct Greeter;
///
/// impl Service for Greeter {
///     fn name(&self) -> &'static str {
///         "example.Greeter"
///     }
///
///     fn handle(&self, call: IncomingCall) -> Handling {
///         match call.method() {
///             "Hello" => call.unary(|name: net_ttrpc::Request<String>| async move {
///                 Ok::<String, Status>(format!("Hello, {}!", name.into_inner()))
///             }),
///             _ => call.unimplemented(),
///         }
///     }
/// }
/// ```
pub trait Service: Send + Sync + 'static {
    /// Returns the full name, such as `containerd.task.v2.Task`.
    fn name(&self) -> &'static str;

    /// Handles a call. The result runs as a task, which is dropped when the
    /// connection is lost.
    fn handle(&self, call: IncomingCall) -> Handling;
}

/// The future of a call that a service handles.
#[must_use = "the call is not handled otherwise"]
pub struct Handling(Pin<Box<dyn Future<Output = ()> + Send>>);

impl Handling {
    fn new(work: impl Future<Output = ()> + Send + 'static) -> Self {
        Handling(Box::pin(work))
    }

    pub(crate) async fn run(self) {
        self.0.await;
    }
}

impl fmt::Debug for Handling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Handling(..)")
    }
}

/// A call that a client has made.
#[derive(Debug)]
pub struct IncomingCall {
    pub(crate) method: String,
    pub(crate) request: Request<Bytes>,
    pub(crate) inbox: Inbox,
    pub(crate) answer: Answer,
}

impl IncomingCall {
    /// Returns the name of the method, as in the proto file.
    #[must_use]
    pub fn method(&self) -> &str {
        &self.method
    }

    /// Fails the call because there is no such method.
    pub fn unimplemented(self) -> Handling {
        let unknown = format!("unknown method {}", self.method);
        let status = Status::new(Code::Unimplemented, unknown);
        Handling::new(async move { self.answer.fail(status).await })
    }

    /// Handles the call by a unary method: one message, one response.
    pub fn unary<Q, R, F>(self, method: impl FnOnce(Request<Q>) -> F + Send + 'static) -> Handling
    where
        Q: Message + Default + 'static,
        R: Message + 'static,
        F: Future<Output = Result<R, Status>> + Send,
    {
        let deadline = deadline::after(self.request.timeout);
        Handling::new(async move {
            let work = async { method(message(self.request)?).await };
            let result = within(deadline, work).await;
            self.answer.one(result).await;
        })
    }

    /// Handles the call by a server-streaming method.
    pub fn server_streaming<Q, R, F>(
        self,
        method: impl FnOnce(Request<Q>, Replies<R>) -> F + Send + 'static,
    ) -> Handling
    where
        Q: Message + Default + 'static,
        R: Message + 'static,
        F: Future<Output = Result<(), Status>> + Send,
    {
        let deadline = deadline::after(self.request.timeout);
        let replies = self.answer.replies();
        Handling::new(async move {
            let work = async { method(message(self.request)?, replies).await };
            let result = within(deadline, work).await;
            self.answer.end(result).await;
        })
    }

    /// Handles the call by a client-streaming method.
    pub fn client_streaming<Q, R, F>(
        self,
        method: impl FnOnce(Request<Streaming<Q>>) -> F + Send + 'static,
    ) -> Handling
    where
        Q: Message + Default + 'static,
        R: Message + 'static,
        F: Future<Output = Result<R, Status>> + Send,
    {
        let deadline = deadline::after(self.request.timeout);
        let messages = Streaming::new(self.inbox, None);
        let request = self.request.map(|_| messages);
        Handling::new(async move {
            let result = within(deadline, method(request)).await;
            self.answer.one(result).await;
        })
    }

    /// Handles the call by a bidirectional streaming method.
    pub fn streaming<Q, R, F>(
        self,
        method: impl FnOnce(Request<Streaming<Q>>, Replies<R>) -> F + Send + 'static,
    ) -> Handling
    where
        Q: Message + Default + 'static,
        R: Message + 'static,
        F: Future<Output = Result<(), Status>> + Send,
    {
        let deadline = deadline::after(self.request.timeout);
        let replies = self.answer.replies();
        let messages = Streaming::new(self.inbox, None);
        let request = self.request.map(|_| messages);
        Handling::new(async move {
            let result = within(deadline, method(request, replies)).await;
            self.answer.end(result).await;
        })
    }
}

/// Decodes the message of a unary request.
fn message<Q: Message + Default>(request: Request<Bytes>) -> Result<Request<Q>, Status> {
    let payload = request.message.clone();
    let message = Q::decode(payload).map_err(|error| {
        let invalid = format!("invalid message: {error}");
        Status::new(Code::InvalidArgument, invalid)
    })?;
    Ok(request.map(|_| message))
}

/// Sends the response of a call. Errors of the connection are ignored here: the
/// connection itself reports them.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) frames: mpsc::Sender<Frame>,
    pub(crate) stream: u32,
}

impl Answer {
    fn replies<R: Message>(&self) -> Replies<R> {
        Replies::new(self.frames.clone(), self.stream)
    }

    /// Ends a call that has one response.
    async fn one<R: Message>(&self, result: Result<R, Status>) {
        let response = result.and_then(|message| {
            let response = Response {
                status: None,
                payload: envelope::encode(&message)?,
            };
            envelope::encode(&response)
        });
        match response {
            Ok(payload) => self.respond(payload).await,
            Err(status) => self.fail(status).await,
        }
    }

    /// Ends a stream of responses.
    async fn end(&self, result: Result<(), Status>) {
        match result {
            Ok(()) => drop(self.frames.send(Frame::end(self.stream)).await),
            Err(status) => self.fail(status).await,
        }
    }

    pub(crate) async fn fail(&self, status: Status) {
        let response = |status: Status| {
            envelope::encode(&Response {
                status: Some(status.into_wire()),
                payload: Bytes::new(),
            })
        };
        let long = |_| {
            response(Status::new(
                Code::Internal,
                "the status exceeds the maximum length",
            ))
        };
        let payload = response(status).or_else(long);
        self.respond(payload.expect("a short status")).await;
    }

    async fn respond(&self, payload: Bytes) {
        let response = Frame {
            stream: self.stream,
            kind: Kind::Response,
            flags: 0,
            payload,
        };
        let _ = self.frames.send(response).await;
    }
}
