use std::fmt;

use net_traits::{Endpoint, Error};

use crate::BoxError;

/// What goes wrong while a server serves.
#[derive(Debug)]
#[non_exhaustive]
pub enum ServeError {
    /// The listener has no connection to give; it is asked again.
    Accept(Error),
    /// A connection has ended early.
    #[non_exhaustive]
    Connection {
        /// Whose connection it was.
        peer: Endpoint,
        /// Why it has ended.
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
