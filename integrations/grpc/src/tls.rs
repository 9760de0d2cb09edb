//! TLS on the streams of a channel.

use net_traits::{Result, Stream};

#[cfg(feature = "tls")]
pub(crate) use with_feature::Tls;

/// Without the feature, there is none.
#[cfg(not(feature = "tls"))]
#[derive(Debug)]
pub(crate) enum Tls {}

#[cfg(not(feature = "tls"))]
impl Tls {
    #[allow(clippy::unused_async, reason = "async with the feature")]
    pub(crate) async fn connect<S: Stream>(&self, _stream: S) -> Result<S> {
        match *self {}
    }
}

#[cfg(feature = "tls")]
mod with_feature {
    use std::io;

    use net_tls::{ClientConfig, TlsStream};
    use net_traits::{Error, Operation};

    use super::{Result, Stream};

    /// A TLS configuration, and the host that the certificate must be for.
    #[derive(Debug)]
    pub(crate) struct Tls {
        config: ClientConfig,
        host: String,
    }

    impl Tls {
        pub(crate) fn new(config: ClientConfig, host: String) -> Self {
            Tls { config, host }
        }

        pub(crate) async fn connect<S: Stream>(&self, stream: S) -> Result<TlsStream<S>> {
            let stream = self.config.connect(&self.host, stream).await?;
            if stream.alpn() == Some(b"h2") {
                return Ok(stream);
            }
            let problem = "the peer did not negotiate HTTP/2 (ALPN)";
            let cause = io::Error::new(io::ErrorKind::InvalidData, problem);
            Err(Error::new(Operation::Dial, cause))
        }
    }
}
