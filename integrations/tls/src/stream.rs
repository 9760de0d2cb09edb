use std::fmt;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use net_traits::{Endpoint, OptionName, Result, SocketOption, Stream};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf, ReadHalf, WriteHalf};
use tokio_rustls::rustls::{CommonState, HandshakeKind, ProtocolVersion};
use tokio_rustls::{Accept, TlsStream as Established, client};

use crate::accepting::Accepting;
use crate::failure::explain_poll;

/// A TLS connection.
///
/// A stream from a listener performs its handshake when it is first read or
/// written, which returns the error if it fails. Until then, the results of the
/// handshake are unknown.
pub struct TlsStream<S>(State<S>);

enum State<S> {
    Accepting(Box<Accepting<S>>),
    Established(Box<Established<S>>),
    /// The handshake has failed, and its error was returned.
    Failed,
}

/// A version of TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Version {
    /// TLS 1.2, RFC 5246.
    Tls12,
    /// TLS 1.3, RFC 8446.
    Tls13,
}

impl<S> TlsStream<S> {
    pub(crate) fn client(stream: client::TlsStream<S>) -> Self {
        TlsStream(State::Established(Box::new(stream.into())))
    }

    pub(crate) fn accepting(accept: Accept<S>, timeout: Duration) -> Self {
        TlsStream(State::Accepting(Box::new(Accepting::new(accept, timeout))))
    }

    /// Returns the negotiated protocol (ALPN), once the handshake is done.
    #[must_use]
    pub fn alpn(&self) -> Option<&[u8]> {
        self.session()?.alpn_protocol()
    }

    /// Returns the host that the client requested (SNI, RFC 6066 §3), in lower
    /// case, on the server's side. A client that dialed an IP address sends none.
    #[must_use]
    pub fn server_name(&self) -> Option<&str> {
        match &self.0 {
            State::Established(stream) => match &**stream {
                Established::Server(stream) => stream.get_ref().1.server_name(),
                Established::Client(_) => None,
            },
            _ => None,
        }
    }

    /// Returns the peer's verified certificate chain, in DER, its own certificate
    /// first. It is empty if the peer presented none.
    #[must_use]
    pub fn peer_certificates(&self) -> Vec<&[u8]> {
        let shown = self.session().and_then(CommonState::peer_certificates);
        shown
            .unwrap_or_default()
            .iter()
            .map(AsRef::as_ref)
            .collect()
    }

    /// Returns the TLS version.
    #[must_use]
    pub fn version(&self) -> Option<Version> {
        match self.session()?.protocol_version()? {
            ProtocolVersion::TLSv1_2 => Some(Version::Tls12),
            ProtocolVersion::TLSv1_3 => Some(Version::Tls13),
            _ => None,
        }
    }

    /// Returns whether the session of an earlier connection was resumed.
    #[must_use]
    pub fn is_resumed(&self) -> bool {
        let kind = self.session().and_then(CommonState::handshake_kind);
        kind == Some(HandshakeKind::Resumed)
    }

    fn session(&self) -> Option<&CommonState> {
        match &self.0 {
            State::Established(stream) => Some(stream.get_ref().1),
            _ => None,
        }
    }
}

impl<S: Stream> TlsStream<S> {
    /// Performs the handshake now, unless it is done.
    ///
    /// # Errors
    ///
    /// Returns an error of kind [`InvalidData`](io::ErrorKind::InvalidData) if the
    /// peer's certificate is not trusted or the handshake fails, and
    /// [`TimedOut`](io::ErrorKind::TimedOut) if it times out.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. If the future is dropped, the next call of any
    /// method continues the handshake.
    pub async fn handshake(&mut self) -> io::Result<()> {
        std::future::poll_fn(|cx| self.poll_established(cx).map_ok(|_| ())).await
    }

    fn poll_established(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<Pin<&mut Established<S>>>> {
        if let State::Accepting(accepting) = &mut self.0 {
            let accepted = ready!(accepting.poll(cx));
            self.0 = match accepted {
                Ok(stream) => State::Established(Box::new(stream.into())),
                Err(error) => {
                    self.0 = State::Failed;
                    return Poll::Ready(Err(error));
                }
            };
        }
        Poll::Ready(match &mut self.0 {
            State::Established(stream) => Ok(Pin::new(stream)),
            _ => Err(io::Error::new(
                io::ErrorKind::NotConnected,
                "the TLS handshake has failed",
            )),
        })
    }

    fn underlying(&self) -> Result<&S> {
        let stream = match &self.0 {
            State::Accepting(accepting) => accepting.get_ref(),
            State::Established(stream) => Some(stream.get_ref().0),
            State::Failed => None,
        };
        stream.ok_or_else(|| io::Error::from(io::ErrorKind::NotConnected).into())
    }
}

impl<S> fmt::Debug for TlsStream<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            State::Accepting(_) => "TlsStream(accepting)",
            State::Established(_) => "TlsStream(established)",
            State::Failed => "TlsStream(failed)",
        })
    }
}

impl<S: Stream> AsyncRead for TlsStream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        explain_poll(ready!(self.poll_established(cx))?.poll_read(cx, buf))
    }
}

impl<S: Stream> AsyncWrite for TlsStream<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        explain_poll(ready!(self.poll_established(cx))?.poll_write(cx, buf))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        explain_poll(ready!(self.poll_established(cx))?.poll_write_vectored(cx, bufs))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        explain_poll(ready!(self.poll_established(cx))?.poll_flush(cx))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        explain_poll(ready!(self.poll_established(cx))?.poll_shutdown(cx))
    }
}

impl<S: Stream> Stream for TlsStream<S> {
    type ReadHalf = TlsReadHalf<S>;
    type WriteHalf = TlsWriteHalf<S>;

    fn into_split(self) -> (TlsReadHalf<S>, TlsWriteHalf<S>) {
        let (read, write) = tokio::io::split(self);
        (TlsReadHalf(read), TlsWriteHalf(write))
    }

    fn local_addr(&self) -> Result<Endpoint> {
        self.underlying()?.local_addr()
    }

    fn peer_addr(&self) -> Result<Endpoint> {
        self.underlying()?.peer_addr()
    }

    fn set_option(&self, option: SocketOption) -> Result<()> {
        self.underlying()?.set_option(option)
    }

    fn option(&self, name: OptionName) -> Result<SocketOption> {
        self.underlying()?.option(name)
    }
}

/// The read half of a [`TlsStream`].
#[derive(Debug)]
pub struct TlsReadHalf<S>(ReadHalf<TlsStream<S>>);

/// The write half of a [`TlsStream`]. Dropping it shuts down the write direction,
/// as far as that is possible without waiting.
#[derive(Debug)]
pub struct TlsWriteHalf<S: Stream>(WriteHalf<TlsStream<S>>);

impl<S: Stream> Drop for TlsWriteHalf<S> {
    fn drop(&mut self) {
        // Nothing can wait here: what does not fit into the socket is not sent.
        let mut cx = Context::from_waker(Waker::noop());
        let _ = Pin::new(&mut self.0).poll_shutdown(&mut cx);
    }
}

impl<S: Stream> AsyncRead for TlsReadHalf<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buf)
    }
}

impl<S: Stream> AsyncWrite for TlsWriteHalf<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}
