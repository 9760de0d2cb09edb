//! A network of this process: streams are tokio's duplex pipes, and every
//! call that a wrapper should hand on is written down.

use std::collections::{HashMap, VecDeque};
use std::io::{self, IoSlice};
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use net_traits::{
    Address, Datagram, Dialer, Endpoint, Error, KeepAlive, Listener, Network, Operation,
    OptionName, PacketConn, Received, Result, SocketOption, Stream, UnsupportedOption, async_trait,
};
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf, ReadHalf, WriteHalf};

/// What was called, in order.
#[derive(Debug, Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    pub(crate) fn add(&self, entry: impl Into<String>) {
        self.0.lock().unwrap().push(entry.into());
    }

    pub(crate) fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

/// An endpoint from its text.
pub(crate) fn at(text: &str) -> Endpoint {
    text.parse::<std::net::SocketAddr>().unwrap().into()
}

/// One end of a pipe.
#[derive(Debug)]
pub(crate) struct Pipe {
    inner: DuplexStream,
    pub(crate) log: Log,
    vectored: bool,
    broken: bool,
}

/// Two ends: one under test, which writes its log, and the plain other.
pub(crate) fn pipe() -> (Pipe, DuplexStream) {
    let (inner, other) = tokio::io::duplex(64);
    (Pipe::new(inner), other)
}

/// Two ends, both of them streams.
pub(crate) fn pair() -> (Pipe, Pipe) {
    let (one, other) = tokio::io::duplex(64);
    (Pipe::new(one), Pipe::new(other))
}

impl Pipe {
    fn new(inner: DuplexStream) -> Self {
        Pipe {
            inner,
            log: Log::default(),
            vectored: true,
            broken: false,
        }
    }

    /// A stream that gathers nothing.
    pub(crate) fn without_vectored_writes(mut self) -> Self {
        self.vectored = false;
        self
    }

    /// A stream whose every transfer fails.
    pub(crate) fn broken(mut self) -> Self {
        self.broken = true;
        self
    }

    fn check(&self) -> io::Result<()> {
        if self.broken {
            Err(io::Error::new(
                io::ErrorKind::ConnectionReset,
                "reset by the test",
            ))
        } else {
            Ok(())
        }
    }
}

impl AsyncRead for Pipe {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.check()?;
        Pin::new(&mut self.inner).poll_read(cx, buf)
    }
}

impl AsyncWrite for Pipe {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.check()?;
        self.log.add(format!("write {}", buf.len()));
        Pin::new(&mut self.inner).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.check()?;
        self.log.add("flush");
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.check()?;
        self.log.add("shutdown");
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.check()?;
        self.log.add(format!("write {} slices", bufs.len()));
        Pin::new(&mut self.inner).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.vectored
    }
}

impl Stream for Pipe {
    type ReadHalf = ReadHalf<Pipe>;
    type WriteHalf = WriteHalf<Pipe>;

    fn into_split(self) -> (Self::ReadHalf, Self::WriteHalf) {
        tokio::io::split(self)
    }

    fn local_addr(&self) -> Result<Endpoint> {
        self.check()
            .map_err(|error| Error::new(Operation::Address, error))?;
        Ok(at("127.0.0.1:1"))
    }

    fn peer_addr(&self) -> Result<Endpoint> {
        self.check()
            .map_err(|error| Error::new(Operation::Address, error))?;
        Ok(at("127.0.0.1:2"))
    }

    fn set_option(&self, option: SocketOption) -> Result<()> {
        if self.broken {
            let refused = UnsupportedOption::new(option.name(), "the test");
            return Err(Error::new(Operation::SetOption, refused));
        }
        self.log.add(format!("set {option:?}"));
        Ok(())
    }

    fn option(&self, name: OptionName) -> Result<SocketOption> {
        match name {
            OptionName::NoDelay => Ok(SocketOption::NoDelay(true)),
            OptionName::KeepAlive => Ok(SocketOption::KeepAlive(Some(KeepAlive::new().count(7)))),
            other => Err(Error::new(
                Operation::GetOption,
                UnsupportedOption::new(other, "the test"),
            )),
        }
    }
}

/// A dialer that opens pipes and keeps their other ends.
#[derive(Debug, Clone, Default)]
pub(crate) struct PipeDialer {
    pub(crate) log: Log,
    pub(crate) far_ends: Arc<Mutex<Vec<DuplexStream>>>,
}

#[async_trait]
impl Dialer for PipeDialer {
    type Stream = Pipe;

    async fn dial_to(&self, address: Address) -> Result<Pipe> {
        self.log.add(format!("dial {address}"));
        if address.text().starts_with("refused:") {
            let error = Error::new(Operation::Dial, io::ErrorKind::ConnectionRefused);
            return Err(error.with_target(&address));
        }
        let (near, far) = pipe();
        self.far_ends.lock().unwrap().push(far);
        Ok(near)
    }
}

/// A listener with a queue of connections; when it is empty, accepting fails.
#[derive(Debug, Clone, Default)]
pub(crate) struct PipeListener {
    pub(crate) queue: Arc<Mutex<VecDeque<(Pipe, Endpoint)>>>,
}

#[async_trait]
impl Listener for PipeListener {
    type Stream = Pipe;

    async fn accept(&self) -> Result<(Pipe, Endpoint)> {
        let next = self.queue.lock().unwrap().pop_front();
        next.ok_or_else(|| {
            let cause = io::Error::new(io::ErrorKind::ConnectionAborted, "the queue is empty");
            Error::new(Operation::Accept, cause).with_network("tcp")
        })
    }

    fn local_addr(&self) -> Result<Endpoint> {
        Ok(at("127.0.0.1:3000"))
    }
}

/// Datagram sockets that reach each other by address.
#[derive(Debug, Clone, Default)]
pub(crate) struct Switch(Arc<Mutex<HashMap<Endpoint, Inbox>>>);

/// What a socket has not received yet, and who waits for more.
#[derive(Debug, Default)]
struct Inbox {
    datagrams: VecDeque<(Vec<u8>, Endpoint)>,
    waiting: Vec<Waker>,
}

impl Switch {
    pub(crate) fn socket(&self, local: Endpoint) -> Mailbox {
        self.0.lock().unwrap().entry(local.clone()).or_default();
        Mailbox {
            switch: self.clone(),
            local,
            remote: None,
        }
    }
}

/// A datagram socket of a [`Switch`].
#[derive(Debug)]
pub(crate) struct Mailbox {
    switch: Switch,
    local: Endpoint,
    remote: Option<Endpoint>,
}

impl Mailbox {
    pub(crate) fn connected(mut self, remote: Endpoint) -> Self {
        self.remote = Some(remote);
        self
    }
}

impl PacketConn for Mailbox {
    fn try_recv_from(&self, buf: &mut [u8]) -> io::Result<Received> {
        let mut inboxes = self.switch.0.lock().unwrap();
        let next = inboxes.get_mut(&self.local).unwrap().datagrams.pop_front();
        let (bytes, from) = next.ok_or(io::ErrorKind::WouldBlock)?;
        let len = bytes.len().min(buf.len());
        buf[..len].copy_from_slice(&bytes[..len]);
        Ok(Received::new(len, from).truncated(len < bytes.len()))
    }

    fn try_send(&self, datagram: &Datagram<'_>) -> io::Result<usize> {
        let target = datagram.target.or(self.remote.as_ref());
        let target = target.ok_or(io::ErrorKind::NotConnected)?;
        let mut inboxes = self.switch.0.lock().unwrap();
        let inbox = inboxes.get_mut(target);
        let inbox = inbox.ok_or(io::ErrorKind::ConnectionRefused)?;
        let bytes = datagram.payload.to_vec();
        inbox.datagrams.push_back((bytes, self.local.clone()));
        inbox.waiting.drain(..).for_each(Waker::wake);
        Ok(datagram.payload.len())
    }

    fn poll_recv_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut inboxes = self.switch.0.lock().unwrap();
        let inbox = inboxes.get_mut(&self.local).unwrap();
        if inbox.datagrams.is_empty() {
            inbox.waiting.push(cx.waker().clone());
            return Poll::Pending;
        }
        Poll::Ready(Ok(()))
    }

    fn poll_send_ready(&self, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn local_addr(&self) -> Result<Endpoint> {
        Ok(self.local.clone())
    }

    fn peer_addr(&self) -> Result<Endpoint> {
        let missing = || Error::new(Operation::Address, io::ErrorKind::NotConnected);
        self.remote.clone().ok_or_else(missing)
    }

    fn set_option(&self, option: SocketOption) -> Result<()> {
        let refused = UnsupportedOption::new(option.name(), "the test");
        Err(Error::new(Operation::SetOption, refused))
    }

    fn option(&self, _name: OptionName) -> Result<SocketOption> {
        Ok(SocketOption::Broadcast(true))
    }
}

/// A whole network: what is dialed arrives at its listener.
#[derive(Debug, Clone, Default)]
pub(crate) struct FakeNetwork {
    pub(crate) log: Log,
    listener: PipeListener,
    switch: Switch,
}

impl FakeNetwork {
    fn endpoint(address: &Address) -> Endpoint {
        address.text().parse().unwrap()
    }
}

#[async_trait]
impl Dialer for FakeNetwork {
    type Stream = Pipe;

    async fn dial_to(&self, address: Address) -> Result<Pipe> {
        self.log.add(format!("dial {address}"));
        let (near, far) = pair();
        let mut queue = self.listener.queue.lock().unwrap();
        queue.push_back((far, at("192.0.2.1:9")));
        Ok(near)
    }
}

#[async_trait]
impl Network for FakeNetwork {
    type Listener = PipeListener;
    type PacketConn = Mailbox;

    async fn listen_on(&self, local: Address) -> Result<PipeListener> {
        self.log.add(format!("listen {local}"));
        Ok(self.listener.clone())
    }

    async fn listen_packet_on(&self, local: Address) -> Result<Mailbox> {
        self.log.add(format!("listen packet {local}"));
        Ok(self.switch.socket(Self::endpoint(&local)))
    }

    async fn dial_packet_to(&self, remote: Address) -> Result<Mailbox> {
        self.log.add(format!("dial packet {remote}"));
        let socket = self.switch.socket(at("127.0.0.1:49152"));
        Ok(socket.connected(Self::endpoint(&remote)))
    }

    async fn lookup(&self, name: &str) -> Result<Vec<IpAddr>> {
        self.log.add(format!("lookup {name}"));
        Ok(vec![[192, 0, 2, 7].into()])
    }
}
