//! A connection of a server.

use std::collections::HashMap;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use net_traits::{Endpoint, Stream};
use tokio::io::AsyncRead;
use tokio::sync::{mpsc, watch};
use tokio::task::{self, JoinError, JoinSet};

use crate::envelope;
use crate::frame::{
    Broken, Frame, FrameReader, Kind, NO_DATA, REMOTE_CLOSED, REMOTE_OPEN, Violation, write_frames,
};
use crate::inbox::Inbox;
use crate::receive_buffer::{Buffered, ReceiveBuffer};
use crate::service::{Answer, IncomingCall};
use crate::{Code, Metadata, Request, Service, Status, deadline};

/// The number of frames that may wait to be written.
const QUEUE: usize = 64;
/// How long a peer may take to read the reason why its connection is closed.
const LAST_WORDS: Duration = Duration::from_secs(1);

pub(crate) type Services = HashMap<&'static str, Arc<dyn Service>>;

/// The reason why a connection has ended.
enum End {
    /// The peer has closed the connection.
    Peer,
    /// The server is stopping, and all calls are done.
    Stopped,
}

/// Serves a connection until it ends, or the server stops and no call is pending.
pub(crate) async fn serve(
    stream: impl Stream,
    peer: Endpoint,
    services: Arc<Services>,
    max_calls: usize,
    stop: watch::Receiver<bool>,
) -> io::Result<()> {
    let (mut read, write) = stream.into_split();
    let (frames, queue) = mpsc::channel(QUEUE);
    let connection = Connection {
        peer,
        services,
        max_calls,
        frames,
        buffer: ReceiveBuffer::new(),
        calls: HashMap::new(),
        streams: HashMap::new(),
        tasks: JoinSet::new(),
        last_stream: 0,
        stopping: false,
    };
    let mut writing = pin!(write_frames(write, queue));
    let ended = tokio::select! {
        written = &mut writing => return written,
        ended = connection.run(&mut read, stop) => ended,
    };
    match ended {
        Ok(End::Peer) => Ok(()),
        Ok(End::Stopped) => writing.await,
        Err(broken) => {
            // A close with unread data would be a reset, which may overtake the reason.
            let last_words = async {
                writing.await?;
                tokio::io::copy(&mut read, &mut tokio::io::sink()).await
            };
            let _ = tokio::time::timeout(LAST_WORDS, last_words).await;
            Err(broken.into())
        }
    }
}

struct Connection {
    peer: Endpoint,
    services: Arc<Services>,
    max_calls: usize,
    frames: mpsc::Sender<Frame>,
    buffer: ReceiveBuffer,
    /// The pending calls by stream; without a sender once the client has sent its
    /// last message.
    calls: HashMap<u32, Option<mpsc::UnboundedSender<Buffered>>>,
    streams: HashMap<task::Id, u32>,
    tasks: JoinSet<()>,
    last_stream: u32,
    stopping: bool,
}

impl Connection {
    async fn run(
        mut self,
        io: impl AsyncRead + Unpin,
        mut stop: watch::Receiver<bool>,
    ) -> Result<End, Broken> {
        let mut reader = FrameReader::new(io);
        while !(self.stopping && self.calls.is_empty()) {
            tokio::select! {
                () = told(&mut stop), if !self.stopping => self.stopping = true,
                Some(ended) = self.tasks.join_next_with_id() => self.ended(ended).await,
                frame = reader.next() => match frame {
                    Ok(Some(frame)) => self.take(frame).await?,
                    Ok(None) => return Ok(End::Peer),
                    Err(Broken::Violation(violation)) => return Err(self.refuse(violation).await),
                    Err(broken) => return Err(broken),
                },
            }
        }
        Ok(End::Stopped)
    }

    /// Ends the call of a method that has returned or panicked.
    async fn ended(&mut self, ended: Result<(task::Id, ()), JoinError>) {
        let task = match &ended {
            Ok((task, ())) => *task,
            Err(error) => error.id(),
        };
        let Some(stream) = self.streams.remove(&task) else {
            return;
        };
        self.calls.remove(&stream);
        if ended.is_err() {
            let status = Status::new(Code::Internal, "the method panicked");
            self.answer(stream).fail(status).await;
        }
    }

    async fn take(&mut self, frame: Frame) -> Result<(), Broken> {
        let stream = frame.stream;
        let taken = match frame.kind {
            _ if stream.is_multiple_of(2) => Err("streams of clients must have odd numbers"),
            Kind::Request if stream <= self.last_stream => {
                Err("streams of requests must have ascending numbers")
            }
            Kind::Data if stream > self.last_stream => Err("data before its request"),
            Kind::Response => Err("a response from a client"),
            Kind::Request => {
                self.request(frame).await;
                return Ok(());
            }
            Kind::Data => self.data(frame).await,
        };
        match taken {
            Ok(()) => Ok(()),
            Err(what) => Err(self.refuse(Violation::new(stream, what)).await),
        }
    }

    /// Sends the violation to the peer.
    async fn refuse(&self, violation: Violation) -> Broken {
        let answer = self.answer(violation.stream);
        answer.fail(violation.status.clone()).await;
        violation.into()
    }

    async fn data(&mut self, frame: Frame) -> Result<(), &'static str> {
        let Some(call) = self.calls.get_mut(&frame.stream) else {
            // It was sent before the client knew that the method has returned.
            return Ok(());
        };
        let Some(sender) = call else {
            return Err("data after the last message");
        };
        let sender = sender.clone();
        if frame.has(REMOTE_CLOSED) {
            *call = None;
        }
        // A method may return without having read everything.
        let _ = sender.send(self.buffer.admit(frame).await);
        Ok(())
    }

    async fn request(&mut self, frame: Frame) {
        self.last_stream = frame.stream;
        let (stream, more) = (frame.stream, frame.has(REMOTE_OPEN));
        let refused = match self.admit(frame).await {
            Ok((service, call, sender)) => {
                let handling = service.handle(call);
                let task = self.tasks.spawn(handling.run());
                self.streams.insert(task.id(), stream);
                self.calls.insert(stream, more.then_some(sender));
                return;
            }
            Err(status) => status,
        };
        self.answer(stream).fail(refused).await;
    }

    /// Returns the call that a request starts, and its service.
    async fn admit(
        &self,
        frame: Frame,
    ) -> Result<(&dyn Service, IncomingCall, mpsc::UnboundedSender<Buffered>), Status> {
        if self.stopping {
            return Err(Status::new(Code::Unavailable, "the server is stopping"));
        }
        if self.calls.len() >= self.max_calls {
            let many = format!("{} calls are pending on this connection", self.max_calls);
            return Err(Status::new(Code::ResourceExhausted, many));
        }
        let (stream, flags) = (frame.stream, frame.flags);
        let request = <envelope::Request as prost::Message>::decode(frame.payload);
        let request = request.map_err(|error| {
            let invalid = format!("invalid request: {error}");
            Status::new(Code::InvalidArgument, invalid)
        })?;
        let Some(service) = self.services.get(&*request.service) else {
            let unknown = format!("unknown service {}", request.service);
            return Err(Status::new(Code::Unimplemented, unknown));
        };
        let (sender, inbox) = mpsc::unbounded_channel();
        // A method that takes a stream reads all messages from there, including
        // one that arrived with the request.
        if let Some(first) = first_message(stream, flags, &request.payload) {
            let _ = sender.send(self.buffer.admit(first).await);
        }
        let call = IncomingCall {
            method: request.method,
            request: Request {
                message: request.payload,
                metadata: Metadata::from_wire(request.metadata),
                timeout: deadline::from_wire(request.timeout_nano),
                peer: Some(self.peer.clone()),
            },
            inbox: Inbox::new(inbox, None),
            answer: self.answer(stream),
        };
        Ok((&**service, call, sender))
    }

    fn answer(&self, stream: u32) -> Answer {
        Answer {
            frames: self.frames.clone(),
            stream,
        }
    }
}

/// Waits until the server stops or is dropped.
async fn told(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|&stop| stop).await;
}

/// Returns the first frame of a stream of messages: the message in the request,
/// and the end if there are no others.
fn first_message(stream: u32, flags: u8, payload: &Bytes) -> Option<Frame> {
    let more = flags & REMOTE_OPEN != 0;
    if more && payload.is_empty() {
        return None;
    }
    let mut first = Frame::data(stream, payload.clone());
    if !more {
        first.flags |= REMOTE_CLOSED;
    }
    if payload.is_empty() {
        first.flags |= NO_DATA;
    }
    Some(first)
}
