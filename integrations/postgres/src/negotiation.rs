//! What an `sslmode` asks of a connection.

use tokio_postgres::config::SslMode as Encrypt;

use crate::Host;
use crate::config::SslMode;

/// One attempt: whether to ask for TLS, and what to verify.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Negotiation {
    pub(crate) encrypt: Encrypt,
    pub(crate) verify: Verify,
}

/// What the server's certificate must satisfy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verify {
    Nothing,
    Roots,
    RootsAndName,
}

const PLAIN: Negotiation = Negotiation {
    encrypt: Encrypt::Disable,
    verify: Verify::Nothing,
};

/// Returns the attempts that a mode stands for, in the order in which they are made.
pub(crate) fn negotiations(mode: SslMode, host: &Host, has_tls: bool) -> Vec<Negotiation> {
    let negotiation = |encrypt, verify| Negotiation { encrypt, verify };
    let prefer = negotiation(Encrypt::Prefer, Verify::Nothing);
    let require = |verify| negotiation(Encrypt::Require, verify);
    match mode {
        // A process that can read a Unix socket's traffic can also read the memory it comes from.
        _ if host.is_unix() => vec![PLAIN],
        SslMode::Prefer | SslMode::Allow if !has_tls => vec![PLAIN],
        SslMode::Disable => vec![PLAIN],
        SslMode::Allow => vec![PLAIN, require(Verify::Nothing)],
        SslMode::Prefer => vec![prefer, PLAIN],
        SslMode::Require | SslMode::VerifyCa => vec![require(Verify::Roots)],
        SslMode::VerifyFull => vec![require(Verify::RootsAndName)],
    }
}
