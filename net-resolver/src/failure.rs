//! Why a lookup failed.

use std::fmt;
use std::io;
use std::time::Duration;

use hickory_proto::op::ResponseCode;
use net_traits::{Error, Operation};

use crate::server::Server;

#[derive(Debug)]
pub(crate) enum Failure {
    /// A server answered that there is no such name or no such record.
    NoSuchRecord,
    /// The name is invalid, with the reason.
    BadName(String),
    /// No server is configured.
    NoServer,
    /// The configuration is invalid, with the reason.
    BadSource(String),
    /// A server failed.
    Server(Server, Fault),
}

/// How a server failed.
#[derive(Debug)]
pub(crate) enum Fault {
    NoAnswer(Duration),
    Io(io::Error),
    Code(ResponseCode),
    /// It is neither authoritative for the name nor recursive.
    Lame,
}

impl Failure {
    /// Returns the error that the caller sees.
    pub(crate) fn explain(self, name: &str) -> Error {
        let cause = match self {
            // Its own kind and message say everything.
            Failure::Server(server, Fault::Io(cause)) => {
                io::Error::new(cause.kind(), format!("{server}: {cause}"))
            }
            other => io::Error::new(other.kind(), other.to_string()),
        };
        Error::new(Operation::Lookup, cause).with_address(name)
    }

    /// Returns the more telling of two failures: one of a server rather than
    /// a missing record, and of those the later one.
    pub(crate) fn or(self, later: Failure) -> Failure {
        match later {
            Failure::NoSuchRecord => self,
            _ => later,
        }
    }

    fn kind(&self) -> io::ErrorKind {
        match self {
            Failure::NoSuchRecord => io::ErrorKind::NotFound,
            Failure::BadName(_) | Failure::BadSource(_) => io::ErrorKind::InvalidInput,
            Failure::NoServer => io::ErrorKind::NotConnected,
            Failure::Server(_, Fault::NoAnswer(_)) => io::ErrorKind::TimedOut,
            Failure::Server(_, Fault::Io(cause)) => cause.kind(),
            Failure::Server(_, Fault::Code(_) | Fault::Lame) => io::ErrorKind::Other,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::NoSuchRecord => f.write_str("no such host or record"),
            Failure::BadName(problem) | Failure::BadSource(problem) => f.write_str(problem),
            Failure::NoServer => f.write_str(
                "no DNS server is configured: set one in code, in the environment variable \
                 DNS_SERVER, or in an /etc/resolv.conf that the program can read",
            ),
            Failure::Server(server, fault) => write!(f, "{server}: {fault}"),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::NoAnswer(timeout) => write!(f, "no answer within {timeout:?}"),
            Fault::Io(cause) => cause.fmt(f),
            Fault::Code(code) => write!(f, "the server responded with {code}"),
            Fault::Lame => {
                f.write_str("the server is neither authoritative for the name nor recursive")
            }
        }
    }
}
