//! TLS for tokio-postgres, with net-tls.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use net_tls::{AcceptAnyCertificate, AcceptAnyName, ClientConfig, TlsStream};
use net_traits::BoxStream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_postgres::tls::{self, ChannelBinding, TlsConnect};

use super::end_point;
use crate::guarded::Guarded;
use crate::negotiation::Verify;

/// Performs the handshake for tokio-postgres.
#[derive(Debug)]
pub(crate) struct Encryption {
    config: ClientConfig,
    host: String,
}

impl Encryption {
    pub(crate) fn new(config: &ClientConfig, host: &str, verify: Verify) -> Self {
        let config = config.clone();
        Encryption {
            config: match verify {
                Verify::Nothing => config.accepting_any_certificate(AcceptAnyCertificate),
                Verify::Roots => config.accepting_any_name(AcceptAnyName),
                Verify::RootsAndName => config,
            },
            host: host.to_owned(),
        }
    }
}

impl TlsConnect<Guarded<BoxStream>> for Encryption {
    type Stream = Encrypted;
    type Error = net_traits::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Encrypted, net_traits::Error>> + Send>>;

    fn connect(self, stream: Guarded<BoxStream>) -> Self::Future {
        Box::pin(async move {
            let stream = self.config.connect(&self.host, stream.into_inner()).await?;
            Ok(Encrypted(Guarded::new(stream)))
        })
    }
}

/// A TLS connection to a server.
pub(crate) struct Encrypted(Guarded<TlsStream<BoxStream>>);

impl tls::TlsStream for Encrypted {
    fn channel_binding(&self) -> ChannelBinding {
        let certificates = self.0.get_ref().peer_certificates();
        match certificates
            .first()
            .and_then(|first| end_point::digest(first))
        {
            Some(digest) => ChannelBinding::tls_server_end_point(digest),
            None => ChannelBinding::none(),
        }
    }
}

impl AsyncRead for Encrypted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buf)
    }
}

impl AsyncWrite for Encrypted {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}
