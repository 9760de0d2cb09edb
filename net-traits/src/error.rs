use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::io;

use crate::{Address, Endpoint, UnixAddress, escape, target};

/// The result of a network operation.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What was done when an [`Error`] occurred.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Operation {
    /// Parsing the name of a network or an address.
    Parse,
    /// Looking up the addresses of a name.
    Lookup,
    /// Connecting to a peer.
    Dial,
    /// Binding a socket and waiting for connections.
    Listen,
    /// Taking the sockets that were opened for the program.
    Inherit,
    /// Accepting a connection from a listener.
    Accept,
    /// Agreeing with the peer before the first byte of data: TLS, a proxy.
    Handshake,
    /// Waiting: for a deadline, for a free place in a pool.
    Wait,
    /// Binding a socket for datagrams.
    ListenPacket,
    /// Reading or writing a stream.
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
    /// Returns the word that begins an error's message.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Operation::Parse => "parse",
            Operation::Lookup => "lookup",
            Operation::Dial => "dial",
            Operation::Listen => "listen",
            Operation::Inherit => "inherit sockets",
            Operation::Accept => "accept",
            Operation::Handshake => "handshake",
            Operation::Wait => "wait",
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
/// Since the cause is printed, [`source`](StdError::source) is the source of the
/// cause: a reporter that prints a whole chain prints each cause once. To look
/// for a certain error among the causes, use
/// [`downcast_ref`](Error::downcast_ref). [`Debug`] prints the same line as
/// [`Display`](fmt::Display), because that is what a `main` that returns an error
/// shows; `{:#?}` prints the fields.
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
    /// Several addresses were tried, in this order; never empty.
    Attempts {
        list: Vec<Error>,
        /// Whether a deadline of the whole operation ended the last ones.
        deadline: bool,
    },
}

impl Error {
    /// Creates an error from the operation and its cause; the `with_` methods add
    /// more.
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

    /// Creates an error about what the caller passed in, of kind
    /// [`InvalidInput`](io::ErrorKind::InvalidInput).
    pub fn invalid(operation: Operation, message: impl Into<String>) -> Self {
        Error::new(
            operation,
            io::Error::new(io::ErrorKind::InvalidInput, message.into()),
        )
    }

    /// Creates an error of kind [`TimedOut`](io::ErrorKind::TimedOut).
    #[must_use]
    pub fn timeout(operation: Operation) -> Self {
        Error::new(
            operation,
            io::Error::new(io::ErrorKind::TimedOut, "deadline has elapsed"),
        )
    }

    /// Creates an error of several attempts, in the order in which they were made.
    ///
    /// Its kind and whether it is a timeout are those of the most telling attempt:
    /// an answer, such as a refusal, tells more than a timeout, and a timeout more
    /// than having no route.
    ///
    /// # Panics
    ///
    /// Panics if there is no attempt.
    #[must_use]
    pub fn from_attempts(operation: Operation, mut attempts: Vec<Error>) -> Self {
        assert!(!attempts.is_empty(), "no attempt");
        if attempts.len() == 1 {
            return attempts.remove(0).with_operation(operation);
        }
        Error {
            inner: Box::new(Inner {
                operation,
                network: None,
                address: None,
                endpoint: None,
                cause: Cause::Attempts {
                    list: attempts,
                    deadline: false,
                },
            }),
        }
    }

    /// Creates an error of several attempts that a deadline of the whole operation
    /// ended. It is a timeout, whatever failed before.
    ///
    /// # Panics
    ///
    /// Panics if there is no attempt.
    #[must_use]
    pub fn from_attempts_until_deadline(operation: Operation, attempts: Vec<Error>) -> Self {
        let mut error = Error::from_attempts(operation, attempts);
        if let Cause::Attempts { deadline, .. } = &mut error.inner.cause {
            *deadline = true;
        }
        error
    }

    /// Sets what was done.
    #[must_use]
    pub fn with_operation(mut self, operation: Operation) -> Self {
        self.inner.operation = operation;
        self
    }

    /// Sets the network.
    #[must_use]
    pub fn with_network(mut self, network: impl Into<Cow<'static, str>>) -> Self {
        self.inner.network = Some(network.into());
        self
    }

    /// Sets the address as the caller gave it.
    #[must_use]
    pub fn with_address(mut self, address: impl Into<String>) -> Self {
        self.inner.address = Some(address.into());
        self
    }

    /// Sets the network and the address as the caller gave them.
    #[must_use]
    pub fn with_target(self, address: &Address) -> Self {
        self.with_network(address.network().name())
            .with_address(address.text())
    }

    /// Sets the resolved address that was tried.
    #[must_use]
    pub fn with_endpoint(mut self, endpoint: Endpoint) -> Self {
        self.inner.endpoint = Some(endpoint);
        self
    }

    /// Returns what was done.
    #[must_use]
    pub fn operation(&self) -> Operation {
        self.inner.operation
    }

    /// Returns the network as the caller named it.
    #[must_use]
    pub fn network(&self) -> Option<&str> {
        self.inner.network.as_deref()
    }

    /// Returns the address as the caller typed it.
    #[must_use]
    pub fn address(&self) -> Option<&str> {
        self.inner.address.as_deref()
    }

    /// Returns the resolved address that was tried.
    #[must_use]
    pub fn endpoint(&self) -> Option<&Endpoint> {
        self.inner.endpoint.as_ref()
    }

    /// Returns each attempt's error, if several addresses were tried.
    #[must_use]
    pub fn attempts(&self) -> &[Error] {
        match &self.inner.cause {
            Cause::Attempts { list, .. } => list,
            Cause::Io(_) => &[],
        }
    }

    /// Returns the kind of the cause.
    #[must_use]
    pub fn kind(&self) -> io::ErrorKind {
        match &self.inner.cause {
            Cause::Io(cause) => cause.kind(),
            Cause::Attempts { deadline: true, .. } => io::ErrorKind::TimedOut,
            Cause::Attempts { list, .. } => {
                most_telling(list).map_or(io::ErrorKind::Other, Error::kind)
            }
        }
    }

    /// Returns whether a timeout or a deadline ended the operation.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        self.kind() == io::ErrorKind::TimedOut
    }

    /// Returns whether an error of [`accept`](crate::Listener::accept) concerns one
    /// connection or passes, so that a server waits a little and accepts again: a
    /// peer that left already, a lack of descriptors or memory, an error of the
    /// network (`man 2 accept`).
    #[must_use]
    pub fn is_transient(&self) -> bool {
        if !self.attempts().is_empty() {
            return false;
        }
        let is_transient = matches!(
            self.kind(),
            io::ErrorKind::ConnectionAborted
                | io::ErrorKind::ConnectionReset
                | io::ErrorKind::HostUnreachable
                | io::ErrorKind::Interrupted
                | io::ErrorKind::NetworkDown
                | io::ErrorKind::NetworkUnreachable
                | io::ErrorKind::OutOfMemory
                | io::ErrorKind::TimedOut
                | io::ErrorKind::WouldBlock
        );
        // A listener around another one gives the error an operation of its own.
        let code = self
            .downcast_ref::<io::Error>()
            .and_then(io::Error::raw_os_error);
        is_transient || code.is_some_and(|code| target::TRANSIENT.contains(&code))
    }

    /// Returns the cause: what is printed after the colon. Of several attempts it
    /// is the most telling one.
    #[must_use]
    pub fn cause(&self) -> &(dyn StdError + 'static) {
        match &self.inner.cause {
            Cause::Io(cause) => match cause.get_ref() {
                Some(inner) => inner,
                None => cause,
            },
            Cause::Attempts { list, .. } => match most_telling(list) {
                Some(attempt) => attempt,
                None => self,
            },
        }
    }

    /// Finds an error of a certain type among the causes, at any depth and in every
    /// attempt.
    ///
    /// An [`io::Error`] that carries another error is passed over, so that one that
    /// is found has the system's code, if there is any.
    ///
    /// ```
    /// use net_traits::{Error, Operation, OptionName, UnsupportedOption};
    ///
    /// let error = Error::new(
    ///     Operation::SetOption,
    ///     UnsupportedOption::new(OptionName::NoDelay, "WasmEdge"),
    /// );
    /// let option = error.downcast_ref::<UnsupportedOption>().unwrap().option();
    /// assert_eq!(option, OptionName::NoDelay);
    /// ```
    #[must_use]
    pub fn downcast_ref<E: StdError + 'static>(&self) -> Option<&E> {
        find(self.cause()).or_else(|| self.attempts().iter().find_map(Error::downcast_ref))
    }

    fn write_cause(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.inner.cause {
            // A peer may have written a part of it.
            Cause::Io(cause) => write!(f, "{}", OneLine(&cause.to_string())),
            Cause::Attempts { list, .. } => {
                for (i, attempt) in list.iter().enumerate() {
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
            (Some(typed), Some(endpoint)) if !is_literal(typed, endpoint) => {
                write!(f, " ({endpoint})")?;
            }
            _ => {}
        }
        f.write_str(": ")?;
        self.write_cause(f)
    }
}

/// Returns whether the text is the endpoint already, so that it is not printed
/// twice.
fn is_literal(typed: &str, endpoint: &Endpoint) -> bool {
    match endpoint.as_unix() {
        // Each has several spellings.
        Some(unix) => typed.parse().is_ok_and(|typed: UnixAddress| typed == *unix),
        None => typed == endpoint.to_string(),
    }
}

/// A text from outside, without what could break the line or the terminal.
struct OneLine<'a>(&'a str);

impl fmt::Display for OneLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        escape::write_text(self.0, f)
    }
}

fn find<'a, E: StdError + 'static>(mut error: &'a (dyn StdError + 'static)) -> Option<&'a E> {
    loop {
        if let Some(inner) = error.downcast_ref().and_then(io::Error::get_ref) {
            error = inner;
        } else if let Some(found) = error.downcast_ref() {
            return Some(found);
        } else if let Some(error) = error.downcast_ref::<Error>() {
            return error.downcast_ref();
        } else {
            error = error.source()?;
        }
    }
}

/// Of several attempts, the first of those that tell most.
fn most_telling(attempts: &[Error]) -> Option<&Error> {
    // The first of equal ones.
    attempts.iter().min_by_key(|attempt| match attempt.kind() {
        io::ErrorKind::TimedOut => 1,
        io::ErrorKind::NetworkUnreachable
        | io::ErrorKind::HostUnreachable
        | io::ErrorKind::NetworkDown
        | io::ErrorKind::AddrNotAvailable
        | io::ErrorKind::Unsupported
        | io::ErrorKind::InvalidInput => 2,
        _ => 0,
    })
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
    /// What is printed already is passed over.
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match &self.inner.cause {
            // The source of an `io::Error` is that of the error in it.
            Cause::Io(cause) => cause.source(),
            Cause::Attempts { list, .. } => most_telling(list)?.source(),
        }
    }
}

impl From<Error> for io::Error {
    fn from(error: Error) -> Self {
        io::Error::new(error.kind(), error)
    }
}

/// An [`Error`] that went through an [`io::Error`] comes out as it was; any
/// other becomes the cause of an [`Operation::Transfer`], since that is where
/// plain I/O errors come from.
impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        match error.downcast::<Error>() {
            Ok(error) => error,
            Err(cause) => Error::new(Operation::Transfer, cause),
        }
    }
}
