use std::fmt;

use net_traits::{Endpoint, Error};

use crate::BoxError;

/// An error that does not end a server; see
/// [`Server::with_error_hook`](crate::Server::with_error_hook).
#[derive(Debug)]
#[non_exhaustive]
pub enum ServeError {
    /// Accepting a connection failed. The server accepts again.
    Accept(Error),
    /// A connection failed.
    #[non_exhaustive]
    Connection {
        /// The address of the peer.
        peer: Endpoint,
        /// Why it failed.
        source: BoxError,
    },
}

impl fmt::Display for ServeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ServeError::Accept(error) => error.fmt(f),
            ServeError::Connection { peer, source } => {
                write!(f, "serve {peer}: {source}")?;
                let mut cause = source.source();
                while let Some(error) = cause {
                    write!(f, ": {error}")?;
                    cause = error.source();
                }
                Ok(())
            }
        }
    }
}

impl std::error::Error for ServeError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            ServeError::Accept(error) => Some(error),
            ServeError::Connection { source, .. } => Some(&**source),
        }
    }
}
