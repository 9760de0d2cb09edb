use std::error::Error as StdError;
use std::fmt;
use std::io;

/// The result of an operation on memcached.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The kind of an [`Error`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A key, a value or a setting is invalid. Nothing was sent.
    Invalid,
    /// The server could not be reached. Nothing was sent.
    Dial,
    /// The server is considered down, and not tried. Nothing was sent.
    Down,
    /// The connection ended before the reply. A write may have been executed.
    Disconnected,
    /// The operation timed out. A write may have been executed.
    TimedOut,
    /// The server violated the protocol. The connection was closed.
    Protocol,
    /// The server does not support the command: `ERROR`.
    UnknownCommand,
    /// The server rejected the request: `CLIENT_ERROR`.
    Client,
    /// The server failed: `SERVER_ERROR`.
    Server,
}

/// An error, with the operation, the server's address as it was configured, and the cause. It
/// prints on one line:
///
/// ```text
/// get: dial tcp 10.0.0.7:11211: Connection refused (os error 111)
/// incr 10.0.0.7:11211: CLIENT_ERROR cannot increment or decrement non-numeric value
/// ```
///
/// It contains neither keys nor values, since many programs store session tokens in them.
///
/// It converts into [`io::Error`] and [`net_traits::Error`].
pub struct Error {
    // Boxed, to keep results small.
    inner: Box<Inner>,
}

#[derive(Debug)]
struct Inner {
    operation: &'static str,
    server: Option<String>,
    kind: ErrorKind,
    cause: Cause,
}

/// The cause of an error.
#[derive(Debug)]
pub(crate) enum Cause {
    Text(String),
    Net(net_traits::Error),
}

impl Error {
    pub(crate) fn new(operation: &'static str, kind: ErrorKind, cause: Cause) -> Self {
        Error {
            inner: Box::new(Inner {
                operation,
                server: None,
                kind,
                cause,
            }),
        }
    }

    pub(crate) fn invalid(operation: &'static str, message: impl Into<String>) -> Self {
        Error::new(operation, ErrorKind::Invalid, Cause::Text(message.into()))
    }

    pub(crate) fn with_server(mut self, server: &str) -> Self {
        self.inner.server = Some(server.to_owned());
        self
    }

    /// Returns the operation, such as `get` or `set`.
    #[must_use]
    pub fn operation(&self) -> &str {
        self.inner.operation
    }

    /// Returns the server's address as it was configured, if a server was involved.
    #[must_use]
    pub fn server(&self) -> Option<&str> {
        self.inner.server.as_deref()
    }

    /// Returns the kind of the error.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.inner.kind
    }

    /// Returns whether the operation timed out.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        match &self.inner.cause {
            Cause::Net(error) => error.is_timeout(),
            Cause::Text(_) => self.inner.kind == ErrorKind::TimedOut,
        }
    }

    /// Returns whether the server could not be reached or was lost, so that there is no reply from
    /// it.
    #[must_use]
    pub fn is_unreachable(&self) -> bool {
        use ErrorKind::{Dial, Disconnected, Down, TimedOut};
        matches!(self.inner.kind, Dial | Down | Disconnected | TimedOut)
    }

    fn io_kind(&self) -> io::ErrorKind {
        if let Cause::Net(error) = &self.inner.cause {
            return error.kind();
        }
        match self.inner.kind {
            ErrorKind::Invalid => io::ErrorKind::InvalidInput,
            ErrorKind::Dial | ErrorKind::Down => io::ErrorKind::NotConnected,
            ErrorKind::Disconnected => io::ErrorKind::ConnectionReset,
            ErrorKind::TimedOut => io::ErrorKind::TimedOut,
            ErrorKind::Protocol => io::ErrorKind::InvalidData,
            ErrorKind::UnknownCommand => io::ErrorKind::Unsupported,
            ErrorKind::Client | ErrorKind::Server => io::ErrorKind::Other,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner {
            operation,
            server,
            cause,
            ..
        } = &*self.inner;
        f.write_str(operation)?;
        match (cause, server) {
            // Contains the server already.
            (Cause::Net(error), _) => write!(f, ": {error}"),
            (Cause::Text(text), Some(server)) => {
                write!(f, " {}: {}", OneLine(server), OneLine(text))
            }
            (Cause::Text(text), None) => write!(f, ": {}", OneLine(text)),
        }
    }
}

/// Escapes control characters of untrusted text, which could break the line or the terminal.
struct OneLine<'a>(&'a str);

impl fmt::Display for OneLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use fmt::Write;
        for char in self.0.chars() {
            if char.is_control() {
                write!(f, "{}", char.escape_default())?;
            } else {
                f.write_char(char)?;
            }
        }
        Ok(())
    }
}

/// Prints the same line, since that is what a `main` that returns an error shows; `{:#?}` prints
/// the fields.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if f.alternate() {
            self.inner.fmt(f)
        } else {
            fmt::Display::fmt(self, f)
        }
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match &self.inner.cause {
            Cause::Net(error) => Some(error),
            Cause::Text(_) => None,
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
        net_traits::Error::new(net_traits::Operation::Transfer, io::Error::from(error))
    }
}
