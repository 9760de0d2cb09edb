//! A network of this process: streams are tokio's duplex pipes, and every
//! call that a wrapper should hand on is written down.

use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use net_traits::{
    Dialer, Endpoint, Error, KeepAlive, Listener, Operation, OptionName, Result, SocketOption,
    Stream, UnsupportedOption, async_trait,
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
    let pipe = Pipe {
        inner,
        log: Log::default(),
        vectored: true,
        broken: false,
    };
    (pipe, other)
}

impl Pipe {
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

    async fn dial(&self, network: &str, address: &str) -> Result<Pipe> {
        self.log.add(format!("dial {network} {address}"));
        if address.starts_with("refused:") {
            return Err(
                Error::new(Operation::Dial, io::ErrorKind::ConnectionRefused)
                    .with_network(network.to_owned())
                    .with_address(address),
            );
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
