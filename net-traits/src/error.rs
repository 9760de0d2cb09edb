use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::io;

use crate::Endpoint;

/// The result of a network operation.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What was done when an [`Error`] occurred.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Operation {
    /// Reading a network's or an address's text.
    Parse,
    /// Finding the addresses of a name.
    Lookup,
    /// Connecting to a peer.
    Dial,
    /// Binding a socket and waiting for connections.
    Listen,
    /// Taking the listeners that were opened for the program.
    Inherit,
    /// Taking a connection from a listener.
    Accept,
    /// Binding a socket for datagrams.
    ListenPacket,
    /// Moving bytes of a stream.
    Transfer,
    /// Sending a datagram.
    Send,
    /// Receiving a datagram.
    Receive,
    /// Asking for a socket's own or its peer's address.
    Address,
    /// Reading a socket option.
    GetOption,
    /// Changing a socket option.
    SetOption,
    /// Starting or driving the runtime.
    Run,
}

impl Operation {
    /// The word that begins an error's message.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Operation::Parse => "parse",
            Operation::Lookup => "lookup",
            Operation::Dial => "dial",
            Operation::Listen => "listen",
            Operation::Inherit => "inherit listeners",
            Operation::Accept => "accept",
            Operation::ListenPacket => "listen for packets",
            Operation::Transfer => "read or write",
            Operation::Send => "send",
            Operation::Receive => "receive",
            Operation::Address => "address",
            Operation::GetOption => "get option",
            Operation::SetOption => "set option",
            Operation::Run => "run",
        }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// What failed: the operation, the network, the address as typed and as
/// tried, and the cause.
///
/// It prints on one line, the cause included:
///
/// ```text
/// dial tcp db:5432 (10.0.0.7:5432): Connection refused (os error 111)
/// dial tcp localhost:5432: 127.0.0.1:5432: Connection refused (os error 111); [::1]:5432: …
/// ```
///
/// [`source`](StdError::source) gives the cause, for callers who look for a
/// certain error in the chain. [`Debug`] prints the same line as [`Display`](fmt::Display),
/// because that is what a `main` that returns an error shows; `{:#?}` prints
/// the fields.
///
/// It converts into and from [`io::Error`] and keeps the kind both ways.
pub struct Error {
    // Boxed: results stay small where nothing fails.
    inner: Box<Inner>,
}

#[derive(Debug)]
struct Inner {
    operation: Operation,
    network: Option<Cow<'static, str>>,
    address: Option<String>,
    endpoint: Option<Endpoint>,
    cause: Cause,
}

#[derive(Debug)]
enum Cause {
    Io(io::Error),
    /// Every address that a name has was tried; never empty.
    Attempts(Vec<Error>),
}

impl Error {
    /// An error with the operation and its cause; say more with the `with_`
    /// methods.
    ///
    /// ```
    /// use std::io;
    /// use net_traits::{Error, Operation};
    ///
    /// let error = Error::new(Operation::Dial, io::ErrorKind::ConnectionRefused)
    ///     .with_network("tcp")
    ///     .with_address("localhost:1");
    /// assert_eq!(error.to_string(), "dial tcp localhost:1: connection refused");
    /// ```
    pub fn new(operation: Operation, cause: impl Into<io::Error>) -> Self {
        Error {
            inner: Box::new(Inner {
                operation,
                network: None,
                address: None,
                endpoint: None,
                cause: Cause::Io(cause.into()),
            }),
        }
    }

    /// An error about what the caller passed in, of kind
    /// [`InvalidInput`](io::ErrorKind::InvalidInput).
    pub fn invalid(operation: Operation, message: impl Into<String>) -> Self {
        Error::new(
            operation,
            io::Error::new(io::ErrorKind::InvalidInput, message.into()),
        )
    }

    /// An error of kind [`TimedOut`](io::ErrorKind::TimedOut).
    #[must_use]
    pub fn timeout(operation: Operation) -> Self {
        Error::new(
            operation,
            io::Error::new(io::ErrorKind::TimedOut, "deadline has elapsed"),
        )
    }

    /// An error that tells each attempt, in the order in which they were
    /// made. Its kind is that of the first.
    ///
    /// # Panics
    ///
    /// If there is no attempt.
    #[must_use]
    pub fn from_attempts(operation: Operation, mut attempts: Vec<Error>) -> Self {
        assert!(!attempts.is_empty(), "no attempt");
        if attempts.len() == 1
            && let Some(only) = attempts.pop()
        {
            return only.with_operation(operation);
        }
        Error {
            inner: Box::new(Inner {
                operation,
                network: None,
                address: None,
                endpoint: None,
                cause: Cause::Attempts(attempts),
            }),
        }
    }

    /// Says what was done, in place of what was said before.
    #[must_use]
    pub fn with_operation(mut self, operation: Operation) -> Self {
        self.inner.operation = operation;
        self
    }

    /// Says on which network.
    #[must_use]
    pub fn with_network(mut self, network: impl Into<Cow<'static, str>>) -> Self {
        self.inner.network = Some(network.into());
        self
    }

    /// Says which address the caller gave.
    #[must_use]
    pub fn with_address(mut self, address: impl Into<String>) -> Self {
        self.inner.address = Some(address.into());
        self
    }

    /// Says which resolved address was tried.
    #[must_use]
    pub fn with_endpoint(mut self, endpoint: Endpoint) -> Self {
        self.inner.endpoint = Some(endpoint);
        self
    }

    /// What was done.
    #[must_use]
    pub fn operation(&self) -> Operation {
        self.inner.operation
    }

    /// The network as the caller named it.
    #[must_use]
    pub fn network(&self) -> Option<&str> {
        self.inner.network.as_deref()
    }

    /// The address as the caller typed it.
    #[must_use]
    pub fn address(&self) -> Option<&str> {
        self.inner.address.as_deref()
    }

    /// The resolved address that was tried.
    #[must_use]
    pub fn endpoint(&self) -> Option<&Endpoint> {
        self.inner.endpoint.as_ref()
    }

    /// Each attempt's own error, where several addresses were tried.
    #[must_use]
    pub fn attempts(&self) -> &[Error] {
        match &self.inner.cause {
            Cause::Attempts(attempts) => attempts,
            Cause::Io(_) => &[],
        }
    }

    /// The kind of the cause.
    #[must_use]
    pub fn kind(&self) -> io::ErrorKind {
        match &self.inner.cause {
            Cause::Io(cause) => cause.kind(),
            Cause::Attempts(attempts) => attempts.first().map_or(io::ErrorKind::Other, Error::kind),
        }
    }

    /// Whether a timeout or a deadline ended the operation: of several
    /// attempts, the last.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        match &self.inner.cause {
            Cause::Io(cause) => cause.kind() == io::ErrorKind::TimedOut,
            Cause::Attempts(attempts) => attempts.last().is_some_and(Error::is_timeout),
        }
    }

    fn write_cause(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.inner.cause {
            Cause::Io(cause) => fmt::Display::fmt(cause, f),
            Cause::Attempts(attempts) => {
                for (i, attempt) in attempts.iter().enumerate() {
                    if i > 0 {
                        f.write_str("; ")?;
                    }
                    if let Some(endpoint) = attempt.endpoint() {
                        write!(f, "{endpoint}: ")?;
                    }
                    attempt.write_cause(f)?;
                }
                Ok(())
            }
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner {
            operation,
            network,
            address,
            endpoint,
            ..
        } = &*self.inner;
        write!(f, "{operation}")?;
        if let Some(network) = network {
            write!(f, " {}", OneLine(network))?;
        }
        match address.as_deref() {
            Some("") => f.write_str(" \"\"")?,
            Some(address) => write!(f, " {}", OneLine(address))?,
            None => {}
        }
        match (address, endpoint) {
            (None, Some(endpoint)) => write!(f, " {endpoint}")?,
            // Not twice where a literal address was typed.
            (Some(typed), Some(endpoint)) if endpoint.to_string() != OneLine(typed).to_string() => {
                write!(f, " ({endpoint})")?;
            }
            _ => {}
        }
        f.write_str(": ")?;
        self.write_cause(f)
    }
}

/// A text that a user gave, without what could break the line or the terminal.
struct OneLine<'a>(&'a str);

impl fmt::Display for OneLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        escape_controls(self.0, f)
    }
}

/// Writes a text with its control characters escaped.
pub(crate) fn escape_controls(text: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for part in text.split_inclusive(char::is_control) {
        match part.char_indices().next_back() {
            Some((at, last)) if last.is_control() => {
                f.write_str(&part[..at])?;
                write!(f, "{}", last.escape_default())?;
            }
            _ => f.write_str(part)?,
        }
    }
    Ok(())
}

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
            // An error of ours within an `io::Error` would be passed over: the
            // source of an `io::Error` is that of what it holds.
            Cause::Io(cause) => match cause.get_ref().and_then(|held| held.downcast_ref()) {
                Some(held) => Some(held as &Error),
                None => Some(cause),
            },
            Cause::Attempts(attempts) => attempts
                .first()
                .map(|first| first as &(dyn StdError + 'static)),
        }
    }
}

impl From<Error> for io::Error {
    fn from(error: Error) -> Self {
        io::Error::new(error.kind(), error)
    }
}

/// An [`Error`] that went through an [`io::Error`] comes out as it was; any
/// other becomes the cause of a [`Operation::Transfer`], since that is where
/// plain I/O errors come from.
impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        match error.downcast::<Error>() {
            Ok(error) => error,
            Err(cause) => Error::new(Operation::Transfer, cause),
        }
    }
}
