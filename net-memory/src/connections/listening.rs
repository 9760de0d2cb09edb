use std::collections::VecDeque;

use net_traits::Endpoint;

use crate::options::Options;
use crate::waiters::Waiters;
use crate::wire::cargo::EndId;

/// A listener, and the connections that it has not accepted yet.
#[derive(Debug)]
pub(crate) struct Listening {
    pub(crate) host: usize,
    pub(crate) local: Endpoint,
    pub(crate) options: Options,
    /// The number of connections whose handshake is not done.
    pub(crate) opening: usize,
    /// Those whose handshake is done.
    pub(crate) ready: VecDeque<EndId>,
    pub(crate) waiters: Waiters,
}

impl Listening {
    pub(crate) fn new(host: usize, local: Endpoint, options: Options) -> Self {
        Listening {
            host,
            local,
            options,
            opening: 0,
            ready: VecDeque::new(),
            waiters: Waiters::default(),
        }
    }

    pub(crate) fn is_full(&self) -> bool {
        // One more than the backlog, as Linux has it.
        self.opening + self.ready.len() > self.options.backlog as usize
    }
}
