use std::fmt;
use std::io;
use std::time::Duration;

use mysql_common::packets;
use mysql_common::params::ParamsError;
use mysql_common::proto::codec::error::PacketCodecError;

/// The result of a database operation.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The error of a database operation.
///
/// After [`Server`](Error::Server), [`Usage`](Error::Usage) and [`Conversion`](Error::Conversion)
/// the connection can still be used. After any other error it rejects further commands.
///
/// No error contains a password, the text of a statement or its values, except in the server's own
/// messages.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The connection failed, or could not be established.
    Io(net_traits::Error),
    /// The server replied with an error.
    Server(ServerError),
    /// The server violated the protocol.
    Protocol(String),
    /// The caller passed something invalid: an option, a URL, or parameters that do not match a
    /// statement.
    Usage(String),
    /// A row or a value could not be converted to the requested type.
    Conversion(String),
    /// No connection of a pool became available in time.
    PoolTimeout(Duration),
    /// The connection was left in the middle of an earlier command, or is closed.
    Closed,
}

impl Error {
    /// Returns the kind of the error.
    #[must_use]
    pub fn kind(&self) -> io::ErrorKind {
        match self {
            Error::Io(error) => error.kind(),
            Error::Server(_) => io::ErrorKind::Other,
            Error::Protocol(_) | Error::Conversion(_) => io::ErrorKind::InvalidData,
            Error::Usage(_) => io::ErrorKind::InvalidInput,
            Error::PoolTimeout(_) => io::ErrorKind::TimedOut,
            Error::Closed => io::ErrorKind::NotConnected,
        }
    }

    /// Returns whether a timeout of this client ended the operation.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        self.kind() == io::ErrorKind::TimedOut
    }

    /// Returns the server's error, if it replied with one.
    #[must_use]
    pub fn server(&self) -> Option<&ServerError> {
        match self {
            Error::Server(error) => Some(error),
            _ => None,
        }
    }

    pub(crate) fn protocol(what: impl Into<String>) -> Self {
        Error::Protocol(what.into())
    }

    pub(crate) fn usage(what: impl Into<String>) -> Self {
        Error::Usage(what.into())
    }

    /// Creates the error of a reply that cannot be parsed. The cause only says that it is too
    /// short, or which constant is wrong.
    pub(crate) fn malformed(what: &str) -> impl FnOnce(io::Error) -> Self {
        move |cause| Error::Protocol(format!("malformed {what}: {cause}"))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Io(error) => error.fmt(f),
            Error::Server(error) => error.fmt(f),
            Error::Protocol(what) => write!(f, "protocol error: {what}"),
            Error::Usage(what) | Error::Conversion(what) => f.write_str(what),
            Error::PoolTimeout(waited) => {
                write!(
                    f,
                    "no connection of the pool became available within {waited:?}"
                )
            }
            Error::Closed => f.write_str(
                "the connection is closed, or was left in the middle of an earlier command",
            ),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Error::Io(error) => Some(error),
            Error::Server(error) => Some(error),
            _ => None,
        }
    }
}

impl From<net_traits::Error> for Error {
    fn from(error: net_traits::Error) -> Self {
        Error::Io(error)
    }
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        Error::Io(error.into())
    }
}

/// Preserves the kind, and the [`net_traits::Error`] itself if there is one.
impl From<Error> for io::Error {
    fn from(error: Error) -> Self {
        match error {
            Error::Io(error) => error.into(),
            error => io::Error::new(error.kind(), error),
        }
    }
}

/// Preserves the kind.
impl From<Error> for net_traits::Error {
    fn from(error: Error) -> Self {
        io::Error::from(error).into()
    }
}

/// Lets functions accept [`Opts`](crate::Opts) as well as a URL.
impl From<std::convert::Infallible> for Error {
    fn from(never: std::convert::Infallible) -> Self {
        match never {}
    }
}

impl From<PacketCodecError> for Error {
    fn from(error: PacketCodecError) -> Self {
        match error {
            PacketCodecError::Io(error) => Error::protocol(format!("compressed packet: {error}")),
            PacketCodecError::PacketTooLarge => {
                Error::protocol("a packet exceeds the limit (Opts::with_max_packet)")
            }
            PacketCodecError::PacketsOutOfSync => {
                Error::protocol("the sequence numbers of packets are out of order")
            }
            PacketCodecError::BadCompressedPacketHeader => {
                Error::protocol("invalid header of a compressed packet")
            }
        }
    }
}

impl From<ParamsError> for Error {
    fn from(error: ParamsError) -> Self {
        Error::usage(error.to_string())
    }
}

/// An error reply of the server.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServerError {
    /// The error code, such as 1045 for denied access.
    pub code: u16,
    /// The SQLSTATE of five characters; `HY000` if the server sent none.
    pub state: String,
    /// The server's message.
    pub message: String,
}

impl From<&packets::ServerError<'_>> for ServerError {
    fn from(error: &packets::ServerError<'_>) -> Self {
        let state = error.sql_state_ref().map(|state| state.as_str());
        ServerError {
            code: error.error_code(),
            state: state.map_or_else(|| "HY000".to_owned(), std::borrow::Cow::into_owned),
            message: error.message_str().into_owned(),
        }
    }
}

impl fmt::Display for ServerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error {} ({}): {}", self.code, self.state, self.message)
    }
}

impl std::error::Error for ServerError {}
