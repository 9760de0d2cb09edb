use std::io;
use std::task::{Context, Poll};

use net_traits::{
    Endpoint, Error, Operation, Result, SocketOption, Stream as _, UnixAddress, async_trait,
};
use socket2::SockRef;
use tokio::net::TcpListener;

use crate::socket_file::SocketFile;
use crate::stream::Stream;
use crate::{names, options, sys};

/// A listener for TCP or Unix connections.
///
/// Dropping a Unix listener removes its path, unless another socket has that path by now. The
/// path stays if the listener was inherited, made from one of [`std`] or tokio, or converted
/// into one of tokio.
#[derive(Debug)]
pub struct Listener {
    // Before the socket, which keeps the file's identity from being used again.
    file: Option<SocketFile>,
    inner: Inner,
    /// Set on each accepted stream, since connections that were in the queue before the listener
    /// had its options did not inherit them.
    for_accepted: Vec<SocketOption>,
}

#[derive(Debug)]
enum Inner {
    Tcp(TcpListener),
    Unix(sys::UnixListener),
}

impl Listener {
    pub(crate) fn tcp(listener: TcpListener) -> Self {
        Listener::new(Inner::Tcp(listener))
    }

    pub(crate) fn unix(listener: sys::UnixListener) -> Self {
        Listener::new(Inner::Unix(listener))
    }

    fn new(inner: Inner) -> Self {
        Listener {
            file: None,
            inner,
            for_accepted: Vec::new(),
        }
    }

    /// Sets these options on each stream that it accepts.
    pub(crate) fn with_accepted(mut self, options: Vec<SocketOption>) -> Self {
        self.for_accepted = options;
        self
    }

    /// Removes the file when it is dropped.
    pub(crate) fn with_file(mut self, file: Option<SocketFile>) -> Self {
        self.file = file;
        self
    }

    /// Accepts the next connection, poll-style; see
    /// [`accept`](net_traits::Listener::accept). Only the last task that polled is woken.
    ///
    /// # Errors
    ///
    /// As [`accept`](net_traits::Listener::accept).
    pub fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<Result<(Stream, Endpoint)>> {
        let accepted = match &self.inner {
            Inner::Tcp(listener) => listener
                .poll_accept(cx)
                .map_ok(|(stream, peer)| (Stream::tcp(stream), peer.into())),
            Inner::Unix(listener) => listener
                .poll_accept(cx)
                .map_ok(|(stream, _)| accepted_unix(stream)),
        };
        accepted.map(|accepted| self.finish(accepted))
    }

    pub(crate) fn into_tcp(self) -> Result<TcpListener, Self> {
        match self.inner {
            Inner::Tcp(listener) => Ok(listener),
            inner @ Inner::Unix(_) => Err(Listener { inner, ..self }),
        }
    }

    #[cfg_attr(windows, expect(dead_code, reason = "there is no such listener"))]
    pub(crate) fn into_unix(self) -> Result<sys::UnixListener, Self> {
        match self.inner {
            Inner::Unix(listener) => {
                if let Some(file) = self.file {
                    file.keep();
                }
                Ok(listener)
            }
            inner @ Inner::Tcp(_) => Err(Listener { inner, ..self }),
        }
    }

    pub(crate) fn handle(&self) -> sys::Handle<'_> {
        match &self.inner {
            Inner::Tcp(listener) => sys::handle(listener),
            Inner::Unix(listener) => sys::handle(listener),
        }
    }

    pub(crate) fn sock_ref(&self) -> SockRef<'_> {
        match &self.inner {
            Inner::Tcp(listener) => SockRef::from(listener),
            Inner::Unix(listener) => SockRef::from(listener),
        }
    }

    fn finish(&self, accepted: io::Result<(Stream, Endpoint)>) -> Result<(Stream, Endpoint)> {
        let finished = accepted.and_then(|(stream, peer)| {
            self.prepare(&stream)?;
            Ok((stream, peer))
        });
        finished.map_err(|error| {
            let error = Error::new(Operation::Accept, error);
            match net_traits::Listener::local_addr(self) {
                Ok(local) => error.with_endpoint(local),
                Err(_) => error,
            }
        })
    }

    fn prepare(&self, stream: &Stream) -> io::Result<()> {
        for option in &self.for_accepted {
            // The listener has the option, so the fault is the connection's: the peer has left.
            options::set(&stream.sock_ref(), *option)
                .map_err(|error| io::Error::new(io::ErrorKind::ConnectionAborted, error))?;
        }
        Ok(())
    }
}

fn accepted_unix(stream: sys::UnixStream) -> (Stream, Endpoint) {
    let stream = Stream::unix(stream);
    // The peer may be gone already, and rarely has a name.
    let peer = stream.peer_addr().unwrap_or(UnixAddress::unnamed().into());
    (stream, peer)
}

#[async_trait]
impl net_traits::Listener for Listener {
    type Stream = Stream;

    async fn accept(&self) -> Result<(Stream, Endpoint)> {
        let accepted = match &self.inner {
            Inner::Tcp(listener) => listener
                .accept()
                .await
                .map(|(stream, peer)| (Stream::tcp(stream), peer.into())),
            Inner::Unix(listener) => listener
                .accept()
                .await
                .map(|(stream, _)| accepted_unix(stream)),
        };
        self.finish(accepted)
    }

    fn local_addr(&self) -> Result<Endpoint> {
        names::local(&self.sock_ref())
    }
}
