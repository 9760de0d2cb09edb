use std::future::poll_fn;
use std::io;
use std::task::{Context, Poll, ready};

use net_traits::{Endpoint, Error, Operation, Result, async_trait};

use crate::socket::Socket;
use crate::stream::Stream;

/// Accepts TCP or Unix connections.
#[derive(Debug)]
pub struct Listener {
    socket: Socket,
}

impl Listener {
    pub(crate) fn new(socket: Socket) -> Self {
        Listener { socket }
    }

    /// Accepts the next connection, poll-style; see
    /// [`accept`](net_traits::Listener::accept). Only the last task that polls is
    /// woken.
    ///
    /// # Errors
    ///
    /// As [`accept`](net_traits::Listener::accept).
    pub fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<Result<(Stream, Endpoint)>> {
        self.poll_next(cx).map_err(|error| {
            let error = Error::new(Operation::Accept, error);
            match self.socket.local_endpoint() {
                Ok(local) => error.with_endpoint(local),
                Err(_) => error,
            }
        })
    }

    fn poll_next(&self, cx: &mut Context<'_>) -> Poll<io::Result<(Stream, Endpoint)>> {
        loop {
            let accepted = ready!(self.socket.poll_accept(cx))?;
            // A connection whose peer has already gone is skipped.
            if let Ok(peer) = accepted.peer_endpoint() {
                return Poll::Ready(Ok((Stream::new(accepted), peer)));
            }
        }
    }
}

#[async_trait]
impl net_traits::Listener for Listener {
    type Stream = Stream;

    async fn accept(&self) -> Result<(Stream, Endpoint)> {
        poll_fn(|cx| self.poll_accept(cx)).await
    }

    fn local_addr(&self) -> Result<Endpoint> {
        self.socket.local_addr()
    }
}
