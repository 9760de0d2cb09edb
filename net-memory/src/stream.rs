use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use net_traits::{Endpoint, Error, Operation, OptionName, Result, SocketOption};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::task::coop;

use crate::shared::Shared;
use crate::wire::cargo::EndId;

/// A connection of a [`Host`](crate::Host), over TCP or a Unix socket.
///
/// Dropping it closes the connection in the background; with unread data, or
/// with a linger of zero, it resets it. A linger above zero is the same as none:
/// nothing blocks, and what was written is delivered.
#[derive(Debug)]
pub struct Stream(Arc<Owned>);

/// The reading half of a [`Stream`].
#[derive(Debug)]
pub struct ReadHalf(Arc<Owned>);

/// The writing half of a [`Stream`]. Dropping it shuts down the write direction.
#[derive(Debug)]
pub struct WriteHalf(Arc<Owned>);

/// An end of a connection, closed when it is dropped.
#[derive(Debug)]
struct Owned {
    shared: Arc<Shared>,
    id: EndId,
}

impl Drop for Owned {
    fn drop(&mut self) {
        self.shared
            .with(|state| state.connections.close(&mut state.wire, self.id));
    }
}

impl Drop for WriteHalf {
    fn drop(&mut self) {
        self.0.shutdown();
    }
}

impl Stream {
    pub(crate) fn new(shared: &Arc<Shared>, id: EndId) -> Self {
        Stream(Arc::new(Owned {
            shared: Arc::clone(shared),
            id,
        }))
    }

    /// Waits until the handshake is done.
    pub(crate) fn poll_connected(&self, cx: &Context<'_>) -> Poll<io::Result<()>> {
        let Owned { shared, id } = &*self.0;
        shared.with(|state| state.connections.poll_connected(&mut state.wire, *id, cx))
    }
}

impl Owned {
    fn poll_read(&self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let budget = ready!(coop::poll_proceed(cx));
        let result = ready!(self.shared.with(|state| {
            state
                .connections
                .poll_read(&mut state.wire, self.id, cx, buf)
        }));
        budget.made_progress();
        Poll::Ready(result)
    }

    fn poll_write(&self, cx: &mut Context<'_>, bufs: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        let budget = ready!(coop::poll_proceed(cx));
        let result = ready!(self.shared.with(|state| {
            state
                .connections
                .poll_write(&mut state.wire, self.id, cx, bufs)
        }));
        budget.made_progress();
        Poll::Ready(result)
    }

    fn shutdown(&self) {
        self.shared
            .with(|state| state.connections.shutdown(&mut state.wire, self.id));
    }
}

impl net_traits::Stream for Stream {
    type ReadHalf = ReadHalf;
    type WriteHalf = WriteHalf;

    fn into_split(self) -> (ReadHalf, WriteHalf) {
        (ReadHalf(Arc::clone(&self.0)), WriteHalf(self.0))
    }

    fn local_addr(&self) -> Result<Endpoint> {
        let Owned { shared, id } = &*self.0;
        Ok(shared.with(|state| state.connections.end(*id).flow.from.endpoint.clone()))
    }

    fn peer_addr(&self) -> Result<Endpoint> {
        let Owned { shared, id } = &*self.0;
        Ok(shared.with(|state| state.connections.end(*id).flow.to.endpoint.clone()))
    }

    fn set_option(&self, option: SocketOption) -> Result<()> {
        let Owned { shared, id } = &*self.0;
        shared
            .with(|state| state.connections.set_option(&mut state.wire, *id, option))
            .map_err(|error| Error::new(Operation::SetOption, error))
    }

    fn option(&self, name: OptionName) -> Result<SocketOption> {
        let Owned { shared, id } = &*self.0;
        shared
            .with(|state| state.connections.option(*id, name))
            .map_err(|error| Error::new(Operation::GetOption, error))
    }

    fn poll_peek(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let budget = ready!(coop::poll_proceed(cx));
        let Owned { shared, id } = &*self.0;
        let result = ready!(shared.with(|state| state.connections.poll_peek(*id, cx, buf)));
        budget.made_progress();
        Poll::Ready(result)
    }
}

macro_rules! read {
    ($type:ty) => {
        impl AsyncRead for $type {
            fn poll_read(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                buf: &mut ReadBuf<'_>,
            ) -> Poll<io::Result<()>> {
                self.0.poll_read(cx, buf)
            }
        }
    };
}

macro_rules! write {
    ($type:ty) => {
        impl AsyncWrite for $type {
            fn poll_write(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                buf: &[u8],
            ) -> Poll<io::Result<usize>> {
                self.0.poll_write(cx, &[IoSlice::new(buf)])
            }

            fn poll_write_vectored(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                bufs: &[IoSlice<'_>],
            ) -> Poll<io::Result<usize>> {
                self.0.poll_write(cx, bufs)
            }

            fn is_write_vectored(&self) -> bool {
                true
            }

            fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
                Poll::Ready(Ok(()))
            }

            fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
                self.0.shutdown();
                Poll::Ready(Ok(()))
            }
        }
    };
}

read!(Stream);
read!(ReadHalf);
write!(Stream);
write!(WriteHalf);
