use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use net_traits::BoxStream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// The stream that a WebSocket uses.
#[derive(Debug)]
pub(crate) enum Transport {
    /// A connection that a client dialed.
    Dialed(BoxStream),
    /// An upgraded HTTP connection.
    Upgraded(TokioIo<Upgraded>),
}

/// Calls a method of either stream.
macro_rules! forward {
    ($transport:expr, $stream:ident => $call:expr) => {
        match $transport {
            Transport::Dialed($stream) => $call,
            Transport::Upgraded($stream) => $call,
        }
    };
}

impl AsyncRead for Transport {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        forward!(&mut *self, stream => Pin::new(stream).poll_read(cx, buf))
    }
}

impl AsyncWrite for Transport {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        forward!(&mut *self, stream => Pin::new(stream).poll_write(cx, buf))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        forward!(&mut *self, stream => Pin::new(stream).poll_flush(cx))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        forward!(&mut *self, stream => Pin::new(stream).poll_shutdown(cx))
    }
}
