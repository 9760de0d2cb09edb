use std::fmt;
use std::io;

use mysql_common::packets;
use mysql_common::params::ParamsError;
use mysql_common::proto::codec::error::PacketCodecError;

/// The result of an operation on a database.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why an operation failed.
///
/// After [`Server`](Error::Server), [`Usage`](Error::Usage) and
/// [`Conversion`](Error::Conversion) the connection can be used as before. After
/// the others it refuses further commands.
///
/// No error tells a password, the text of a statement or its values, but what
/// the server itself says.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The connection failed, or could not be made.
    Io(net_traits::Error),
    /// The server refused a command.
    Server(ServerError),
    /// The server sent what the protocol does not allow.
    Protocol(String),
    /// What the caller asked for cannot be: an option, a URL, parameters that do
    /// not fit a statement.
    Usage(String),
    /// A row or a value does not fit the type that it was to become.
    Conversion(String),
    /// The connection was left in the middle of an earlier command, or is closed.
    Closed,
}

impl Error {
    /// The kind of the cause.
    #[must_use]
    pub fn kind(&self) -> io::ErrorKind {
        match self {
            Error::Io(error) => error.kind(),
            Error::Server(_) => io::ErrorKind::Other,
            Error::Protocol(_) | Error::Conversion(_) => io::ErrorKind::InvalidData,
            Error::Usage(_) => io::ErrorKind::InvalidInput,
            Error::Closed => io::ErrorKind::NotConnected,
        }
    }

    /// Whether a timeout of this client ended the operation.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        self.kind() == io::ErrorKind::TimedOut
    }

    /// What the server said, where it was the server that refused.
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

    /// For an answer that cannot be read. The cause tells no more than that it is
    /// too short, or which constant is wrong.
    pub(crate) fn malformed(what: &str) -> impl FnOnce(io::Error) -> Self {
        move |cause| Error::Protocol(format!("malformed {what}: {cause}"))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Io(error) => error.fmt(f),
            Error::Server(error) => error.fmt(f),
            Error::Protocol(what) => write!(f, "the server broke the protocol: {what}"),
            Error::Usage(what) | Error::Conversion(what) => f.write_str(what),
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

/// Keeps the kind, and a [`net_traits::Error`] as it was.
impl From<Error> for io::Error {
    fn from(error: Error) -> Self {
        match error {
            Error::Io(error) => error.into(),
            error => io::Error::new(error.kind(), error),
        }
    }
}

/// Keeps the kind.
impl From<Error> for net_traits::Error {
    fn from(error: Error) -> Self {
        io::Error::from(error).into()
    }
}

/// For options that are given as options.
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
                Error::protocol("a packet is larger than the limit (Opts::with_max_packet)")
            }
            PacketCodecError::PacketsOutOfSync => {
                Error::protocol("the packets' sequence numbers do not follow each other")
            }
            PacketCodecError::BadCompressedPacketHeader => {
                Error::protocol("the header of a compressed packet is wrong")
            }
        }
    }
}

impl From<ParamsError> for Error {
    fn from(error: ParamsError) -> Self {
        Error::usage(error.to_string())
    }
}

/// What a server says when it refuses a command.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServerError {
    /// The server's number for it, such as 1045 where access is denied.
    pub code: u16,
    /// The SQL state of five characters; `HY000` where the server gave none.
    pub state: String,
    /// The server's own words.
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
