use std::convert::Infallible;
use std::fmt;
use std::io;

use tokio_postgres::error::{DbError, SqlState};

/// The result of a database operation.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An error of a connection string, of a connection, or from the server.
///
/// It prints on one line, including its cause. It never contains a password.
pub struct Error(Box<Inner>);

#[derive(Debug)]
enum Inner {
    Config(String),
    /// With the address as it was dialed.
    Connect(String, Cause),
    Attempts(Vec<Error>),
    Database(tokio_postgres::Error),
    Pool(String),
}

#[derive(Debug)]
pub(crate) enum Cause {
    Network(net_traits::Error),
    Postgres(tokio_postgres::Error),
    /// The server does not satisfy `target_session_attrs`.
    Unsuitable(&'static str),
    TimedOut,
}

impl Error {
    pub(crate) fn config(message: impl Into<String>) -> Self {
        Error(Box::new(Inner::Config(message.into())))
    }

    pub(crate) fn connect(address: impl Into<String>, cause: Cause) -> Self {
        Error(Box::new(Inner::Connect(address.into(), cause)))
    }

    pub(crate) fn pool(message: impl Into<String>) -> Self {
        Error(Box::new(Inner::Pool(message.into())))
    }

    /// Combines the errors of all hosts, of which there must be at least one.
    pub(crate) fn attempts(mut attempts: Vec<Error>) -> Self {
        match attempts.pop() {
            Some(only) if attempts.is_empty() => only,
            Some(last) => {
                attempts.push(last);
                Error(Box::new(Inner::Attempts(attempts)))
            }
            None => Error::config("no host to connect to"),
        }
    }

    /// Returns the error of tokio-postgres, if it is one. Of several hosts, returns that of the
    /// last one that was reached.
    #[must_use]
    pub fn as_postgres(&self) -> Option<&tokio_postgres::Error> {
        match &*self.0 {
            Inner::Database(error) | Inner::Connect(_, Cause::Postgres(error)) => Some(error),
            Inner::Attempts(attempts) => attempts.iter().rev().find_map(Error::as_postgres),
            _ => None,
        }
    }

    /// Returns the server's error, if it replied with one.
    #[must_use]
    pub fn as_db_error(&self) -> Option<&DbError> {
        self.as_postgres()?.as_db_error()
    }

    /// Returns the server's error code (SQLSTATE), such as `23505` for a unique violation.
    #[must_use]
    pub fn code(&self) -> Option<&SqlState> {
        self.as_db_error().map(DbError::code)
    }

    /// Returns whether the operation timed out.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        self.kind() == io::ErrorKind::TimedOut
    }

    /// Returns the corresponding kind of an [`io::Error`].
    #[must_use]
    pub fn kind(&self) -> io::ErrorKind {
        match &*self.0 {
            Inner::Config(_) => io::ErrorKind::InvalidInput,
            Inner::Connect(_, Cause::Network(error)) => error.kind(),
            Inner::Connect(_, Cause::TimedOut) | Inner::Pool(_) => io::ErrorKind::TimedOut,
            Inner::Connect(_, Cause::Unsuitable(_)) => io::ErrorKind::Unsupported,
            Inner::Connect(_, Cause::Postgres(error)) | Inner::Database(error) => kind_of(error),
            Inner::Attempts(attempts) => attempts.last().map_or(io::ErrorKind::Other, Error::kind),
        }
    }
}

fn kind_of(error: &tokio_postgres::Error) -> io::ErrorKind {
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        if let Some(cause) = cause.downcast_ref::<io::Error>() {
            return cause.kind();
        }
        source = cause.source();
    }
    if error.is_closed() {
        return io::ErrorKind::NotConnected;
    }
    io::ErrorKind::Other
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            Inner::Config(message) => write!(f, "postgres: {message}"),
            Inner::Pool(message) => write!(f, "postgres pool: {message}"),
            Inner::Database(error) => chain(f, error),
            // Contains the address already.
            Inner::Connect(_, Cause::Network(error)) => error.fmt(f),
            Inner::Connect(address, cause) => {
                write!(f, "postgres {address}: ")?;
                match cause {
                    Cause::Network(_) => Ok(()),
                    Cause::Postgres(error) => chain(f, error),
                    Cause::Unsuitable(why) => f.write_str(why),
                    Cause::TimedOut => f.write_str("connect_timeout elapsed"),
                }
            }
            Inner::Attempts(attempts) => {
                for (i, attempt) in attempts.iter().enumerate() {
                    let separator = if i > 0 { "; " } else { "" };
                    write!(f, "{separator}{attempt}")?;
                }
                Ok(())
            }
        }
    }
}

/// Writes the error with its causes, which tokio-postgres leaves out of its messages.
fn chain(f: &mut fmt::Formatter<'_>, error: &tokio_postgres::Error) -> fmt::Result {
    if let Some(said) = error.as_db_error() {
        write!(f, "{} ({})", said.message(), said.code().code())?;
        return match said.detail() {
            Some(detail) => write!(f, ": {detail}"),
            None => Ok(()),
        };
    }
    write!(f, "{error}")?;
    let mut said = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        let text = cause.to_string();
        // Some versions include the first cause.
        if !said.ends_with(&text) {
            write!(f, ": {text}")?;
        }
        said = text;
        source = cause.source();
    }
    Ok(())
}

/// Prints the same line, since that is what a `main` that returns an error shows.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if f.alternate() {
            self.0.fmt(f)
        } else {
            fmt::Display::fmt(self, f)
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &*self.0 {
            Inner::Connect(_, Cause::Network(error)) => Some(error),
            Inner::Connect(_, Cause::Postgres(error)) | Inner::Database(error) => Some(error),
            Inner::Attempts(attempts) => attempts.last().map(|last| last as _),
            _ => None,
        }
    }
}

impl From<tokio_postgres::Error> for Error {
    fn from(error: tokio_postgres::Error) -> Self {
        Error(Box::new(Inner::Database(error)))
    }
}

/// Lets functions accept a [`Config`](crate::Config) as well as a connection string.
impl From<Infallible> for Error {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

/// Converts errors around a connection, such as those of loading trust roots.
impl From<net_traits::Error> for Error {
    fn from(error: net_traits::Error) -> Self {
        let address = error.address().unwrap_or_default().to_owned();
        Error::connect(address, Cause::Network(error))
    }
}

impl From<Error> for io::Error {
    fn from(error: Error) -> Self {
        io::Error::new(error.kind(), error)
    }
}

impl From<Error> for net_traits::Error {
    fn from(error: Error) -> Self {
        io::Error::from(error).into()
    }
}
