use net_traits::{Endpoint, Error, Operation, Result, Stream as _, UnixAddress, async_trait};
use socket2::SockRef;
use tokio::net::TcpListener;

use crate::stream::Stream;
use crate::{names, sys};

/// A listener for TCP or Unix connections.
#[derive(Debug)]
pub struct Listener(Inner);

#[derive(Debug)]
enum Inner {
    Tcp(TcpListener),
    Unix(sys::UnixListener),
}

impl Listener {
    pub(crate) fn tcp(listener: TcpListener) -> Self {
        Listener(Inner::Tcp(listener))
    }

    pub(crate) fn unix(listener: sys::UnixListener) -> Self {
        Listener(Inner::Unix(listener))
    }
}

#[async_trait]
impl net_traits::Listener for Listener {
    type Stream = Stream;

    async fn accept(&self) -> Result<(Stream, Endpoint)> {
        let accepted = match &self.0 {
            Inner::Tcp(listener) => listener
                .accept()
                .await
                .map(|(stream, peer)| (Stream::tcp(stream), peer.into())),
            Inner::Unix(listener) => listener.accept().await.map(|(stream, _)| {
                let stream = Stream::unix(stream);
                // It may be gone already; a name it rarely has anyway.
                let peer = stream.peer_addr().unwrap_or(UnixAddress::unnamed().into());
                (stream, peer)
            }),
        };
        accepted.map_err(|error| {
            let error = Error::new(Operation::Accept, error);
            match self.local_addr() {
                Ok(local) => error.with_endpoint(local),
                Err(_) => error,
            }
        })
    }

    fn local_addr(&self) -> Result<Endpoint> {
        names::local(&match &self.0 {
            Inner::Tcp(listener) => SockRef::from(listener),
            Inner::Unix(listener) => sys::listener_ref(listener),
        })
    }
}
