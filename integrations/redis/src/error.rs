use std::fmt;
use std::io;
use std::sync::Arc;

use net_traits::Operation;
use redis::{RedisError, ServerError, ServerErrorKind};

/// The result of a Redis operation.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The kind of an [`Error`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A URL, a command or a setting is invalid.
    Invalid,
    /// The connection could not be established, or TLS failed.
    Connect,
    /// The server rejected the login: the password, the user or the database.
    Login,
    /// The connection was lost before the reply arrived.
    Lost,
    /// The operation timed out.
    Timeout,
    /// The server sent an invalid reply. The connection is closed.
    Protocol,
    /// The server replied with an error; see [`Error::code`].
    Server,
    /// The reply could not be converted to the requested type.
    Type,
}

/// An error, with the server's address, the cause, and whether the server may have executed the
/// command nevertheless.
///
/// It converts into [`RedisError`], [`net_traits::Error`] and [`io::Error`], so `?` works in
/// functions that return any of these.
#[derive(Clone)]
pub struct Error(Box<Inner>);

#[derive(Clone)]
struct Inner {
    kind: ErrorKind,
    address: Option<Arc<str>>,
    was_sent: bool,
    cause: Cause,
}

#[derive(Clone)]
enum Cause {
    Text(Arc<str>),
    Io(Arc<io::Error>),
    Net(Arc<net_traits::Error>),
    Redis(RedisError),
}

impl Error {
    fn new(kind: ErrorKind, cause: Cause) -> Self {
        Error(Box::new(Inner {
            kind,
            address: None,
            was_sent: false,
            cause,
        }))
    }

    pub(crate) fn text(kind: ErrorKind, message: impl Into<String>) -> Self {
        Error::new(kind, Cause::Text(message.into().into()))
    }

    pub(crate) fn io(kind: ErrorKind, cause: io::Error) -> Self {
        Error::new(kind, Cause::Io(cause.into()))
    }

    pub(crate) fn connect(cause: net_traits::Error) -> Self {
        Error::new(ErrorKind::Connect, Cause::Net(cause.into()))
    }

    /// Sets the server's address, unless it is set.
    pub(crate) fn at(mut self, address: &Arc<str>) -> Self {
        self.0.address.get_or_insert_with(|| Arc::clone(address));
        self
    }

    /// Marks that the command may have been sent.
    pub(crate) fn after_sending(mut self) -> Self {
        self.0.was_sent = true;
        self
    }

    /// Returns the kind of the error.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Returns whether the operation timed out, including while connecting.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        match &self.0.cause {
            Cause::Net(error) => error.is_timeout(),
            _ => self.0.kind == ErrorKind::Timeout,
        }
    }

    /// Returns whether the server may have executed the command although no reply to it arrived. A
    /// command that was not sent is safe to retry.
    #[must_use]
    pub fn was_sent(&self) -> bool {
        self.0.was_sent
    }

    /// Returns the server's address as it is in the URL.
    #[must_use]
    pub fn address(&self) -> Option<&str> {
        self.0.address.as_deref()
    }

    /// Returns the code of an error reply, such as `WRONGTYPE`.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.as_redis().and_then(RedisError::code)
    }

    /// Returns the error of the crate `redis`, for the kinds [`ErrorKind::Server`] and
    /// [`ErrorKind::Type`].
    #[must_use]
    pub fn as_redis(&self) -> Option<&RedisError> {
        match &self.0.cause {
            Cause::Redis(error) => Some(error),
            _ => None,
        }
    }

    /// Returns whether the server does not have the requested script.
    pub(crate) fn lacks_script(&self) -> bool {
        let no_script = redis::ErrorKind::Server(ServerErrorKind::NoScript);
        self.as_redis()
            .is_some_and(|error| error.kind() == no_script)
    }

    /// Returns whether the server rejects writes, as replicas do.
    pub(crate) fn is_read_only(&self) -> bool {
        let read_only = redis::ErrorKind::Server(ServerErrorKind::ReadOnly);
        self.as_redis()
            .is_some_and(|error| error.kind() == read_only)
    }

    fn io_kind(&self) -> io::ErrorKind {
        match (&self.0.cause, self.0.kind) {
            (Cause::Io(error), _) => error.kind(),
            (Cause::Net(error), _) => error.kind(),
            (_, ErrorKind::Invalid) => io::ErrorKind::InvalidInput,
            (_, ErrorKind::Login) => io::ErrorKind::PermissionDenied,
            (_, ErrorKind::Lost) => io::ErrorKind::ConnectionAborted,
            (_, ErrorKind::Timeout) => io::ErrorKind::TimedOut,
            (_, ErrorKind::Protocol | ErrorKind::Type) => io::ErrorKind::InvalidData,
            (_, ErrorKind::Connect | ErrorKind::Server) => io::ErrorKind::Other,
        }
    }
}

/// Creates the error of an invalid reply.
pub(crate) fn protocol(message: impl Into<String>) -> Error {
    Error::text(ErrorKind::Protocol, message)
}

/// Creates the error of an invalid argument.
pub(crate) fn invalid(message: impl Into<String>) -> Error {
    Error::text(ErrorKind::Invalid, message)
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("redis")?;
        // An error of dialing contains the address already.
        if let (Some(address), false) = (&self.0.address, matches!(self.0.cause, Cause::Net(_))) {
            write!(f, " {address}")?;
        }
        f.write_str(match self.0.kind {
            ErrorKind::Login => ": login rejected: ",
            ErrorKind::Lost => ": connection lost: ",
            ErrorKind::Protocol => ": invalid reply: ",
            _ => ": ",
        })?;
        match &self.0.cause {
            Cause::Text(message) => f.write_str(message)?,
            Cause::Io(error) => error.fmt(f)?,
            Cause::Net(error) => error.fmt(f)?,
            Cause::Redis(error) => error.fmt(f)?,
        }
        if self.0.was_sent {
            f.write_str(" (the command may have been executed)")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.0.cause {
            Cause::Text(_) => None,
            Cause::Io(error) => Some(&**error),
            Cause::Net(error) => Some(&**error),
            Cause::Redis(error) => Some(error),
        }
    }
}

/// Converts an error of the server, or of a conversion.
impl From<RedisError> for Error {
    fn from(error: RedisError) -> Self {
        let kind = match error.kind() {
            redis::ErrorKind::Server(_) | redis::ErrorKind::Extension => ErrorKind::Server,
            redis::ErrorKind::UnexpectedReturnType | redis::ErrorKind::Parse => ErrorKind::Type,
            redis::ErrorKind::Io => ErrorKind::Lost,
            redis::ErrorKind::AuthenticationFailed => ErrorKind::Login,
            _ => ErrorKind::Invalid,
        };
        Error::new(kind, Cause::Redis(error))
    }
}

impl From<ServerError> for Error {
    fn from(error: ServerError) -> Self {
        RedisError::from(error).into()
    }
}

impl From<Error> for RedisError {
    fn from(error: Error) -> Self {
        match error.0.cause {
            Cause::Redis(error) => error,
            _ => io::Error::from(error).into(),
        }
    }
}

impl From<Error> for io::Error {
    fn from(error: Error) -> Self {
        io::Error::new(error.io_kind(), error)
    }
}

impl From<Error> for net_traits::Error {
    fn from(error: Error) -> Self {
        net_traits::Error::new(Operation::Transfer, io::Error::from(error))
    }
}
