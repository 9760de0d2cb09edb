//! Stands in for TLS where the feature `tls` is off. No value of its types exists.

use std::convert::Infallible;
use std::future::Ready;

use net_traits::BoxStream;
use tokio_postgres::tls::{NoTlsStream, TlsConnect};

use crate::guarded::Guarded;
use crate::negotiation::Verify;

#[derive(Clone)]
pub(crate) struct ClientConfig(Infallible);

#[derive(Debug)]
pub(crate) struct Encryption(Infallible);

impl Encryption {
    pub(crate) fn new(config: &ClientConfig, _host: &str, _verify: Verify) -> Self {
        Encryption(config.0)
    }
}

impl TlsConnect<Guarded<BoxStream>> for Encryption {
    type Stream = NoTlsStream;
    type Error = Infallible;
    type Future = Ready<Result<NoTlsStream, Infallible>>;

    fn connect(self, _stream: Guarded<BoxStream>) -> Self::Future {
        match self.0 {}
    }
}
