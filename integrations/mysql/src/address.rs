//! Where a server listens.

use net_traits::{Host, HostPort};

use crate::Result;

/// An address as it is dialed.
#[derive(Debug, Clone)]
pub(crate) enum Address {
    /// `host:port`.
    Tcp(String),
    /// The path of a Unix socket.
    Unix(String),
}

impl Address {
    pub(crate) fn network(&self) -> &'static str {
        match self {
            Address::Tcp(_) => "tcp",
            Address::Unix(_) => "unix",
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        match self {
            Address::Tcp(text) | Address::Unix(text) => text,
        }
    }

    pub(crate) fn is_unix(&self) -> bool {
        matches!(self, Address::Unix(_))
    }

    /// Returns the name that the server's certificate must be valid for.
    #[cfg_attr(
        not(feature = "tls"),
        expect(dead_code, reason = "only TLS verifies a name")
    )]
    pub(crate) fn server_name(&self) -> Result<String> {
        let Address::Tcp(text) = self else {
            return Ok("localhost".to_owned());
        };
        let address: HostPort = text.parse()?;
        Ok(match address.host {
            Host::Ip { ip, .. } => ip.to_string(),
            Host::Name(name) => name.to_string(),
            _ => "localhost".to_owned(),
        })
    }
}
