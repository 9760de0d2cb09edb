use std::sync::Arc;

use net_traits::{Endpoint, Result, async_trait};

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
}

#[async_trait]
impl net_traits::Listener for Listener {
    type Stream = Stream;

    async fn accept(&self) -> Result<(Stream, Endpoint)> {
        let accept = |cx: &mut std::task::Context<'_>| {
            self.shared
                .with(|state| state.connections.poll_accept(self.index, cx))
        };
        let id = tokio::task::coop::cooperative(std::future::poll_fn(accept)).await;
        let peer = self
            .shared
            .with(|state| state.connections.end(id).flow.to.endpoint.clone());
        Ok((Stream::new(&self.shared, id), peer))
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
