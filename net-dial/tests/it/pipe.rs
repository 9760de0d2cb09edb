//! A stream in memory, whose both ends a test holds.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use net_traits::{Endpoint, OptionName, Result, SocketOption, Stream};
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf, ReadHalf, WriteHalf};

use crate::fake::{at, refused_option};

/// One end of a pipe, and the other until somebody takes it.
#[derive(Debug)]
pub(crate) struct Pipe {
    inner: DuplexStream,
    pub(crate) far: Option<DuplexStream>,
    peer: Endpoint,
}

/// How many bytes a pipe holds each way until somebody reads.
const CAPACITY: usize = 64;

impl Pipe {
    pub(crate) fn to(peer: Endpoint) -> Self {
        let (near, far) = tokio::io::duplex(CAPACITY);
        Pipe {
            inner: near,
            far: Some(far),
            peer,
        }
    }
}

impl AsyncRead for Pipe {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(cx, buf)
    }
}

impl AsyncWrite for Pipe {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

impl Stream for Pipe {
    type ReadHalf = ReadHalf<Pipe>;
    type WriteHalf = WriteHalf<Pipe>;

    fn into_split(self) -> (Self::ReadHalf, Self::WriteHalf) {
        tokio::io::split(self)
    }

    fn local_addr(&self) -> Result<Endpoint> {
        Ok(at("127.0.0.1:1"))
    }

    fn peer_addr(&self) -> Result<Endpoint> {
        Ok(self.peer.clone())
    }

    fn set_option(&self, option: SocketOption) -> Result<()> {
        Err(refused_option(option.name()))
    }

    fn option(&self, name: OptionName) -> Result<SocketOption> {
        Err(refused_option(name))
    }
}
