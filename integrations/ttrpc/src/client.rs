use std::io;
use std::sync::Arc;

use net_traits::{Dialer, Result, Stream};
use prost::Message;
use tokio::io::AsyncRead;
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::calls::Calls;
use crate::deadline::{self, within};
use crate::envelope;
use crate::frame::{Broken, Frame, FrameReader, Kind, REMOTE_CLOSED, REMOTE_OPEN, write_frames};
use crate::inbox::{Inbox, Room};
use crate::sending::{ClientStreaming, StreamSender, answer};
use crate::{Code, Request, Status, Streaming};

/// How many frames may wait to be written.
const QUEUE: usize = 64;

/// A connection to a server, which carries any number of calls at once.
///
/// Clones share the connection. It ends with the last one of them and of the
/// streams that they have begun. When it is lost, calls fail with
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
    /// That of the dialer.
    ///
    /// # Panics
    ///
    /// Outside of a runtime.
    pub async fn connect<D>(dialer: &D, network: &str, address: &str) -> Result<Self>
    where
        D: Dialer + ?Sized,
    {
        let stream = dialer.dial(network, address).await?;
        Ok(Client::start(stream, format!("{network} {address}")))
    }

    /// Speaks ttrpc on a connection that is there.
    ///
    /// # Panics
    ///
    /// Outside of a runtime.
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
        let of_task = Arc::clone(&calls);
        tokio::spawn(async move {
            let ended: Result<(), io::Error> = tokio::select! {
                written = write_frames(write, queue) => written,
                broken = receive(read, &of_task) => Err(broken.into()),
            };
            let why = match ended {
                Ok(()) => "every client is dropped".to_owned(),
                Err(error) => error.to_string(),
            };
            let lost = format!("the connection to {server} is lost: {why}");
            of_task.end(Status::new(Code::Unavailable, lost));
        });
        Client { frames, calls }
    }

    /// Waits until the connection has ended.
    pub async fn closed(&self) {
        self.frames.closed().await;
    }

    /// Calls a method that takes one message and answers with one.
    ///
    /// A call that is dropped is given up: its answer is thrown away. The server
    /// is not told, since the protocol has no word for that.
    ///
    /// # Errors
    ///
    /// The status that the call has ended with.
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
        let request = request.into();
        let deadline = deadline::after(request.timeout);
        let mut inbox = self.begin(service, method, request, 0, deadline).await?;
        let frame = within(deadline, inbox.next()).await?;
        answer(frame)
    }

    /// Calls a method that takes one message and answers with a stream.
    ///
    /// # Errors
    ///
    /// If the request could not be sent. What the server says comes with the
    /// stream.
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
        let request = request.into();
        let deadline = deadline::after(request.timeout);
        let begun = self.begin(service, method, request, REMOTE_CLOSED, deadline);
        Ok(Streaming::new(begun.await?, deadline))
    }

    /// Calls a method that takes a stream and answers with one message.
    ///
    /// # Errors
    ///
    /// If the request could not be sent.
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
        let request = request.into();
        let deadline = deadline::after(request.timeout);
        let begun = self.begin(service, method, request, REMOTE_OPEN, deadline);
        let inbox = begun.await?;
        Ok(ClientStreaming::new(sender(&inbox, deadline), inbox))
    }

    /// Calls a method that takes a stream and answers with one, at the same time.
    ///
    /// # Errors
    ///
    /// If the request could not be sent.
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
        let request = request.into();
        let deadline = deadline::after(request.timeout);
        let begun = self.begin(service, method, request, REMOTE_OPEN, deadline);
        let inbox = begun.await?;
        let sender = sender(&inbox, deadline);
        Ok((sender, Streaming::new(inbox, deadline)))
    }

    /// Sends the request of a call. It takes no number before it is sure to be
    /// sent, so it can be dropped at any time.
    async fn begin<Q: Message>(
        &self,
        service: &str,
        method: &str,
        request: Request<Q>,
        flags: u8,
        deadline: Option<Instant>,
    ) -> Result<Inbox, Status> {
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
        self.calls.begin(&self.frames, |stream| {
            room.send(Frame {
                stream,
                kind: Kind::Request,
                flags,
                payload,
            });
        })
    }
}

/// Where the messages of a call are sent.
fn sender<Q: Message>(inbox: &Inbox, deadline: Option<Instant>) -> StreamSender<Q> {
    let call = inbox.call().expect("a client's calls are registered");
    StreamSender::new(call, deadline)
}

/// Gives each call what comes for it, until nothing more comes.
async fn receive(io: impl AsyncRead + Unpin, calls: &Calls) -> Broken {
    let mut reader = FrameReader::new(io);
    let room = Room::new();
    loop {
        let frame = match reader.next().await {
            Ok(Some(frame)) => frame,
            Ok(None) => {
                let closed = "the server has closed it";
                return io::Error::new(io::ErrorKind::UnexpectedEof, closed).into();
            }
            Err(broken) => return broken,
        };
        match calls.recipient(&frame) {
            Ok(Some(recipient)) => {
                // Whoever has given the call up meanwhile does not read it.
                let _ = recipient.send(room.take(frame).await);
            }
            Ok(None) => {}
            Err(violation) => return violation.into(),
        }
    }
}
