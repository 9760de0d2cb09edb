//! Why a lookup has failed.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use hickory_proto::op::ResponseCode;
use net_traits::{Error, Operation};

#[derive(Debug)]
pub(crate) enum Failure {
    /// A server has answered that there is no such name, or no such record.
    NoSuchRecord,
    /// The text can be no name; what is wrong with it.
    BadName(String),
    /// No server is named anywhere.
    NoServer,
    /// The place where servers are named is unreadable; what is wrong with it.
    BadSource(String),
    /// A server has failed.
    Server(SocketAddr, Fault),
}

/// What a server has done.
#[derive(Debug)]
pub(crate) enum Fault {
    NoAnswer(Duration),
    Io(io::Error),
    Code(ResponseCode),
    /// It neither knows the answer nor looks for it.
    Lame,
}

impl Failure {
    /// The error for users.
    pub(crate) fn explain(self, name: &str) -> Error {
        let cause = match self {
            // Its own kind and message say all.
            Failure::Server(server, Fault::Io(cause)) => {
                io::Error::new(cause.kind(), format!("{server}: {cause}"))
            }
            other => io::Error::new(other.kind(), other.to_string()),
        };
        Error::new(Operation::Lookup, cause).with_address(name)
    }

    /// The more telling of two: that a server has failed, and then the later.
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
                "no DNS server is known: name one in code, in the environment variable \
                 DNS_SERVER, or in a file /etc/resolv.conf that the program can read",
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
            Fault::Code(code) => write!(f, "the server answers {code}"),
            Fault::Lame => f.write_str("the server does not look for answers"),
        }
    }
}
