use std::future::poll_fn;
use std::io;
use std::task::{Context, Poll, ready};

use net_traits::{Endpoint, Error, Operation, Result, async_trait};
use tokio::task::coop;

use crate::abi::Errno;
use crate::socket::Socket;
use crate::stream::Stream;
use crate::subscription::Direction;

/// Takes TCP or Unix connections.
#[derive(Debug)]
pub struct Listener {
    socket: Socket,
}

impl Listener {
    pub(crate) fn new(socket: Socket) -> Self {
        Listener { socket }
    }

    fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<io::Result<(Stream, Endpoint)>> {
        let budget = ready!(coop::poll_proceed(cx));
        loop {
            ready!(self.socket.poll_ready(Direction::Read, cx))?;
            match self.socket.try_accept() {
                Err(Errno::AGAIN) => self.socket.set_not_ready(Direction::Read),
                Err(Errno::INTR) => {}
                Err(errno) => return Poll::Ready(Err(errno.into())),
                Ok(accepted) => {
                    budget.made_progress();
                    // One that came and went is not worth an error: there may
                    // be another.
                    if let Ok(peer) = accepted.peer_endpoint() {
                        return Poll::Ready(Ok((Stream::new(accepted), peer)));
                    }
                }
            }
        }
    }
}

#[async_trait]
impl net_traits::Listener for Listener {
    type Stream = Stream;

    async fn accept(&self) -> Result<(Stream, Endpoint)> {
        poll_fn(|cx| self.poll_accept(cx)).await.map_err(|error| {
            let error = Error::new(Operation::Accept, error);
            match self.socket.local_endpoint() {
                Ok(local) => error.with_endpoint(local),
                Err(_) => error,
            }
        })
    }

    fn local_addr(&self) -> Result<Endpoint> {
        self.socket.local_addr()
    }
}
