use std::error::Error as StdError;
use std::fmt;
use std::io;

/// The result of an operation on memcached.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong, as far as a program may want to tell cases apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A key, a value or a setting cannot be used. Nothing was sent.
    Invalid,
    /// The server could not be connected to. Nothing was sent.
    Dial,
    /// The server has failed lately and is not tried yet. Nothing was sent.
    Down,
    /// The connection ended before the answer. A write may have happened.
    Disconnected,
    /// There was no answer in time. A write may have happened.
    TimedOut,
    /// The answer is none of memcached's. The connection was closed.
    Protocol,
    /// The server does not know the command: `ERROR`.
    UnknownCommand,
    /// The server refuses the request: `CLIENT_ERROR`.
    Client,
    /// The server could not do it: `SERVER_ERROR`.
    Server,
}

/// What failed: the operation, the server's address as it was typed, and the
/// cause. It prints on one line:
///
/// ```text
/// get: dial tcp 10.0.0.7:11211: Connection refused (os error 111)
/// incr 10.0.0.7:11211: CLIENT_ERROR cannot increment or decrement non-numeric value
/// ```
///
/// Neither keys nor values are part of it: many programs keep session tokens in
/// them.
///
/// It converts into [`io::Error`] and [`net_traits::Error`].
pub struct Error {
    // Boxed: results stay small where nothing fails.
    inner: Box<Inner>,
}

#[derive(Debug)]
struct Inner {
    operation: &'static str,
    server: Option<String>,
    kind: ErrorKind,
    cause: Cause,
}

/// Why something failed, before it is known which operation it was.
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

    /// What was done, such as `get` or `set`.
    #[must_use]
    pub fn operation(&self) -> &str {
        self.inner.operation
    }

    /// The server's address as it was typed, where a server had part in it.
    #[must_use]
    pub fn server(&self) -> Option<&str> {
        self.inner.server.as_deref()
    }

    /// What kind of failure it is.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.inner.kind
    }

    /// Whether a timeout ended the operation.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        match &self.inner.cause {
            Cause::Net(error) => error.is_timeout(),
            Cause::Text(_) => self.inner.kind == ErrorKind::TimedOut,
        }
    }

    /// Whether the server could not be reached or was lost, so that it said
    /// nothing about the request.
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
            // It names the server itself.
            (Cause::Net(error), _) => write!(f, ": {error}"),
            (Cause::Text(text), Some(server)) => {
                write!(f, " {}: {}", OneLine(server), OneLine(text))
            }
            (Cause::Text(text), None) => write!(f, ": {}", OneLine(text)),
        }
    }
}

/// A text without what could break the line or the terminal: a server's words
/// are not to be trusted.
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

/// The same line, because that is what a `main` that returns an error shows;
/// `{:#?}` prints the fields.
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
