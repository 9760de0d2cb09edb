use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use net_traits::{Endpoint, Result, async_trait};
use tokio::task::coop;

use crate::shared::Shared;
use crate::stream::Stream;

/// A listener of a [`Host`](crate::Host), for TCP or for Unix streams.
///
/// Dropping it resets the connections that it has not accepted.
#[derive(Debug)]
pub struct Listener {
    shared: Arc<Shared>,
    index: usize,
}

impl Listener {
    pub(crate) fn new(shared: &Arc<Shared>, index: usize) -> Self {
        Listener {
            shared: Arc::clone(shared),
            index,
        }
    }

    /// Accepts the next connection, poll-style; see
    /// [`accept`](net_traits::Listener::accept).
    ///
    /// # Errors
    ///
    /// As [`accept`](net_traits::Listener::accept).
    pub fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<Result<(Stream, Endpoint)>> {
        let budget = ready!(coop::poll_proceed(cx));
        let accepted = self.shared.with(|state| {
            let accepted = state.connections.poll_accept(self.index, cx);
            accepted.map(|id| (id, state.connections.end(id).flow.to.endpoint.clone()))
        });
        let (id, peer) = ready!(accepted);
        budget.made_progress();
        Poll::Ready(Ok((Stream::new(&self.shared, id), peer)))
    }
}

#[async_trait]
impl net_traits::Listener for Listener {
    type Stream = Stream;

    async fn accept(&self) -> Result<(Stream, Endpoint)> {
        poll_fn(|cx| self.poll_accept(cx)).await
    }

    fn local_addr(&self) -> Result<Endpoint> {
        Ok(self
            .shared
            .with(|state| state.connections.listeners[self.index].local.clone()))
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.shared.with(|state| {
            state
                .connections
                .close_listener(&mut state.wire, self.index);
        });
    }
}
