use net_traits::{Endpoint, Listener, Result, async_trait};

use crate::{ServerConfig, TlsStream};

/// A listener that accepts connections over TLS.
///
/// As in Go, the handshake takes place when the stream is first read or written,
/// so that a stalled peer does not block others.
#[derive(Debug)]
pub struct TlsListener<L> {
    listener: L,
    config: ServerConfig,
}

impl<L> TlsListener<L> {
    /// Creates a listener that uses another for its connections.
    pub fn new(listener: L, config: ServerConfig) -> Self {
        TlsListener { listener, config }
    }
}

#[async_trait]
impl<L: Listener> Listener for TlsListener<L> {
    type Stream = TlsStream<L::Stream>;

    async fn accept(&self) -> Result<(Self::Stream, Endpoint)> {
        let (stream, peer) = self.listener.accept().await?;
        Ok((self.config.accept(stream), peer))
    }

    fn local_addr(&self) -> Result<Endpoint> {
        self.listener.local_addr()
    }
}
