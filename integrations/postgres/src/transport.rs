//! How a connection is encrypted.

use tokio_postgres::config::SslMode as Negotiate;

use crate::config::{Host, SslMode};

/// One way to connect: what the server is asked for, and whom to believe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Way {
    pub(crate) negotiate: Negotiate,
    pub(crate) verify: Verify,
}

/// What must be right about the server's certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verify {
    Nothing,
    Roots,
    RootsAndName,
}

const PLAIN: Way = Way {
    negotiate: Negotiate::Disable,
    verify: Verify::Nothing,
};

/// The ways that a mode stands for, in the order in which they are tried.
pub(crate) fn ways(mode: SslMode, host: &Host, has_tls: bool) -> Vec<Way> {
    let way = |negotiate, verify| Way { negotiate, verify };
    let believing = way(Negotiate::Prefer, Verify::Nothing);
    match mode {
        // Who can read a Unix socket's bytes can read the memory that they come from.
        _ if host.is_unix() => vec![PLAIN],
        SslMode::Prefer | SslMode::Allow if !has_tls => vec![PLAIN],
        SslMode::Disable => vec![PLAIN],
        SslMode::Allow => vec![PLAIN, way(Negotiate::Require, Verify::Nothing)],
        SslMode::Prefer => vec![believing, PLAIN],
        SslMode::Require | SslMode::VerifyCa => vec![way(Negotiate::Require, Verify::Roots)],
        SslMode::VerifyFull => vec![way(Negotiate::Require, Verify::RootsAndName)],
    }
}

#[cfg(feature = "tls")]
pub(crate) use {crate::encryption::Encryption, net_tls::ClientConfig as TlsConfig};

#[cfg(not(feature = "tls"))]
pub(crate) use without_tls::{Encryption, TlsConfig};

/// What stands in the place of TLS, and never is.
#[cfg(not(feature = "tls"))]
mod without_tls {
    use std::convert::Infallible;
    use std::future::Ready;

    use net_traits::BoxStream;
    use tokio_postgres::tls::{NoTlsStream, TlsConnect};

    use super::Verify;
    use crate::guarded::Guarded;

    #[derive(Clone)]
    pub(crate) struct TlsConfig(Infallible);

    #[derive(Debug)]
    pub(crate) struct Encryption(Infallible);

    impl Encryption {
        pub(crate) fn new(config: &TlsConfig, _host: &str, _verify: Verify) -> Self {
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
}
