use std::io;
use std::sync::Arc;

use net_traits::{Dialer, Result, Stream};
use prost::Message;
use tokio::io::AsyncRead;
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::calls::{Calls, Registration};
use crate::deadline::{self, within};
use crate::envelope;
use crate::frame::{Broken, Frame, FrameReader, Kind, REMOTE_CLOSED, REMOTE_OPEN, write_frames};
use crate::inbox::Inbox;
use crate::receive_buffer::ReceiveBuffer;
use crate::sending::{ClientStreaming, StreamSender, answer};
use crate::{Code, Request, Status, Streaming};

/// The number of frames that may wait to be written.
const QUEUE: usize = 64;

/// A connection to a server, for any number of concurrent calls.
///
/// Clones share the connection, which is closed when the last of them and of
/// their streams is dropped. When it is lost, calls fail with
/// [`Unavailable`](Code::Unavailable); connect again then.
///
/// ```no_run
/// use net_ttrpc::Client;
///
/// # async fn example() -> net::Result<()> {
/// let net = net::Net::default();
/// let client = Client::connect(&net, "unix", "/run/example.sock").await?;
/// let answer: String = client.unary("example.Greeter", "Hello", "World".to_owned()).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Client {
    frames: mpsc::Sender<Frame>,
    calls: Arc<Calls>,
}

impl Client {
    /// Connects to a server.
    ///
    /// # Errors
    ///
    /// Returns the error of the dialer.
    ///
    /// # Panics
    ///
    /// Panics if called outside of a Tokio runtime.
    pub async fn connect<D>(dialer: &D, network: &str, address: &str) -> Result<Self>
    where
        D: Dialer + ?Sized,
    {
        let stream = dialer.dial(network, address).await?;
        Ok(Client::start(stream, format!("{network} {address}")))
    }

    /// Creates a client on an existing connection.
    ///
    /// # Panics
    ///
    /// Panics if called outside of a Tokio runtime.
    pub fn new(stream: impl Stream) -> Self {
        let server = match stream.peer_addr() {
            Ok(peer) => peer.to_string(),
            Err(_) => "the server".to_owned(),
        };
        Client::start(stream, server)
    }

    fn start(stream: impl Stream, server: String) -> Self {
        let calls = Arc::new(Calls::new());
        let (frames, queue) = mpsc::channel(QUEUE);
        let (read, write) = stream.into_split();
        let task_calls = Arc::clone(&calls);
        tokio::spawn(async move {
            let ended: Result<(), io::Error> = tokio::select! {
                written = write_frames(write, queue) => written,
                broken = receive(read, &task_calls) => Err(broken.into()),
            };
            let why = match ended {
                Ok(()) => "all clients were dropped".to_owned(),
                Err(error) => error.to_string(),
            };
            let lost = format!("the connection to {server} was lost: {why}");
            task_calls.end(Status::new(Code::Unavailable, lost));
        });
        Client { frames, calls }
    }

    /// Waits until the connection has ended.
    pub async fn closed(&self) {
        self.frames.closed().await;
    }

    /// Calls a unary method: one message, one response.
    ///
    /// Dropping the future discards the response. The server is not notified, since
    /// the protocol has no message for that.
    ///
    /// # Errors
    ///
    /// Returns the status of the call if it fails.
    pub async fn unary<Q, R>(
        &self,
        service: &str,
        method: &str,
        request: impl Into<Request<Q>>,
    ) -> Result<R, Status>
    where
        Q: Message,
        R: Message + Default,
    {
        let mut call = self.begin(service, method, request.into(), 0).await?;
        let frame = within(call.deadline, call.inbox.next()).await?;
        answer(frame)
    }

    /// Calls a server-streaming method: one message, a stream of responses.
    ///
    /// # Errors
    ///
    /// Returns an error if the request could not be sent. The stream returns the
    /// status of the call.
    pub async fn server_streaming<Q, R>(
        &self,
        service: &str,
        method: &str,
        request: impl Into<Request<Q>>,
    ) -> Result<Streaming<R>, Status>
    where
        Q: Message,
        R: Message + Default,
    {
        let begin = self.begin(service, method, request.into(), REMOTE_CLOSED);
        let call = begin.await?;
        Ok(Streaming::new(call.inbox, call.deadline))
    }

    /// Calls a client-streaming method: a stream of messages, one response.
    ///
    /// # Errors
    ///
    /// Returns an error if the request could not be sent.
    pub async fn client_streaming<Q, R>(
        &self,
        service: &str,
        method: &str,
        request: impl Into<Request<()>>,
    ) -> Result<ClientStreaming<Q, R>, Status>
    where
        Q: Message,
        R: Message + Default,
    {
        let begin = self.begin(service, method, request.into(), REMOTE_OPEN);
        let call = begin.await?;
        Ok(ClientStreaming::new(call.sender(), call.inbox))
    }

    /// Calls a bidirectional streaming method.
    ///
    /// # Errors
    ///
    /// Returns an error if the request could not be sent.
    pub async fn streaming<Q, R>(
        &self,
        service: &str,
        method: &str,
        request: impl Into<Request<()>>,
    ) -> Result<(StreamSender<Q>, Streaming<R>), Status>
    where
        Q: Message,
        R: Message + Default,
    {
        let begin = self.begin(service, method, request.into(), REMOTE_OPEN);
        let call = begin.await?;
        Ok((call.sender(), Streaming::new(call.inbox, call.deadline)))
    }

    /// Sends the request of a call. No stream number is taken before the request
    /// is certain to be sent, so the future can be dropped at any time.
    async fn begin<Q: Message>(
        &self,
        service: &str,
        method: &str,
        request: Request<Q>,
        flags: u8,
    ) -> Result<Call, Status> {
        let deadline = deadline::after(request.timeout);
        let payload = envelope::encode(&envelope::Request {
            service: service.to_owned(),
            method: method.to_owned(),
            payload: envelope::encode(&request.message)?,
            timeout_nano: deadline::to_wire(request.timeout),
            metadata: request.metadata.into_wire(),
        })?;
        let room = async {
            let room = self.frames.reserve().await;
            room.map_err(|_| self.calls.why_ended())
        };
        let room = within(deadline, room).await?;
        let (registration, received) = self.calls.begin(&self.frames, |stream| {
            room.send(Frame {
                stream,
                kind: Kind::Request,
                flags,
                payload,
            });
        })?;
        let registration = Arc::new(registration);
        Ok(Call {
            inbox: Inbox::new(received, Some(Arc::clone(&registration))),
            registration,
            deadline,
        })
    }
}

/// A call whose request is sent.
struct Call {
    registration: Arc<Registration>,
    inbox: Inbox,
    deadline: Option<Instant>,
}

impl Call {
    /// Returns where its further messages are sent.
    fn sender<Q: Message>(&self) -> StreamSender<Q> {
        StreamSender::new(Arc::clone(&self.registration), self.deadline)
    }
}

/// Passes received frames to their calls, until the connection ends.
async fn receive(io: impl AsyncRead + Unpin, calls: &Calls) -> Broken {
    let mut reader = FrameReader::new(io);
    let buffer = ReceiveBuffer::new();
    loop {
        let frame = match reader.next().await {
            Ok(Some(frame)) => frame,
            Ok(None) => {
                let closed = "the server closed it";
                return io::Error::new(io::ErrorKind::UnexpectedEof, closed).into();
            }
            Err(broken) => return broken,
        };
        match calls.recipient(&frame) {
            Ok(Some(recipient)) => {
                // Fails if the call was cancelled meanwhile.
                let _ = recipient.send(buffer.admit(frame).await);
            }
            Ok(None) => {}
            Err(violation) => return violation.into(),
        }
    }
}
