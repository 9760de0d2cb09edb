use std::io::{self, ErrorKind};
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use net_traits::{
    Datagram, Endpoint, Error, Operation, OptionName, Received, Result, SocketOption,
};
use tokio::task::coop;

use crate::shared::Shared;

/// A datagram socket of a [`Host`](crate::Host), UDP or Unix.
#[derive(Debug)]
pub struct PacketConn {
    shared: Arc<Shared>,
    index: usize,
}

impl PacketConn {
    pub(crate) fn new(shared: &Arc<Shared>, index: usize) -> Self {
        PacketConn {
            shared: Arc::clone(shared),
            index,
        }
    }
}

impl net_traits::PacketConn for PacketConn {
    fn try_recv_from(&self, buf: &mut [u8]) -> io::Result<Received> {
        self.shared.with(|state| {
            state
                .mailboxes
                .try_receive(&mut state.wire, self.index, buf)
        })
    }

    fn try_send(&self, datagram: &Datagram<'_>) -> io::Result<usize> {
        self.shared
            .with(|state| state.try_send(self.index, datagram.payload, datagram.target))
    }

    fn poll_recv_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let budget = ready!(coop::poll_proceed(cx));
        ready!(
            self.shared
                .with(|state| state.mailboxes.poll_readable(self.index, cx))
        );
        budget.made_progress();
        Poll::Ready(Ok(()))
    }

    fn poll_send_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let budget = ready!(coop::poll_proceed(cx));
        ready!(
            self.shared
                .with(|state| state.mailboxes.poll_writable(self.index, cx))
        );
        budget.made_progress();
        Poll::Ready(Ok(()))
    }

    fn local_addr(&self) -> Result<Endpoint> {
        Ok(self
            .shared
            .with(|state| state.mailboxes.get(self.index).local.clone()))
    }

    fn peer_addr(&self) -> Result<Endpoint> {
        self.shared
            .with(|state| state.mailboxes.get(self.index).peer.clone())
            .ok_or_else(|| Error::new(Operation::Address, ErrorKind::NotConnected))
    }

    fn set_option(&self, option: SocketOption) -> Result<()> {
        self.shared
            .with(|state| state.mailboxes.get_mut(self.index).options.set(option))
            .map_err(|error| Error::new(Operation::SetOption, error))
    }

    fn option(&self, name: OptionName) -> Result<SocketOption> {
        self.shared
            .with(|state| state.mailboxes.get(self.index).options.get(name))
            .map_err(|error| Error::new(Operation::GetOption, error))
    }
}

impl Drop for PacketConn {
    fn drop(&mut self) {
        self.shared
            .with(|state| state.mailboxes.close(&mut state.wire, self.index));
    }
}
