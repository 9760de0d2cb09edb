use std::net::IpAddr;

use crate::Error;
use crate::error::Cause;

/// A server to try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host {
    pub(crate) name: String,
    pub(crate) address: Option<IpAddr>,
    pub(crate) port: u16,
}

impl Host {
    /// Creates a host from its name or IP address, or from the directory of its Unix socket,
    /// which starts with `/`, or with `@` in the abstract namespace.
    pub fn new(name: impl Into<String>, port: u16) -> Self {
        Host {
            name: name.into(),
            address: None,
            port,
        }
    }

    /// Returns the network and the address to dial.
    pub(crate) fn dialed(&self) -> (&'static str, String) {
        let Host { name, port, .. } = self;
        if self.is_unix() {
            return ("unix", format!("{name}/.s.PGSQL.{port}"));
        }
        let host = match self.address {
            Some(address) => address.to_string(),
            None => name.clone(),
        };
        if host.contains(':') {
            ("tcp", format!("[{host}]:{port}"))
        } else {
            ("tcp", format!("{host}:{port}"))
        }
    }

    pub(crate) fn is_unix(&self) -> bool {
        self.address.is_none() && self.name.starts_with(['/', '@'])
    }

    /// Creates the error of a connection to this host.
    pub(crate) fn error(&self, cause: Cause) -> Error {
        Error::connect(self.dialed().1, cause)
    }
}
