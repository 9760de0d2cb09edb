use std::fmt;
use std::io;

use net_traits::{Error, Operation};
use prost_types::Any;

use crate::envelope::RpcStatus;

/// The code of a status, as in gRPC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Code {
    /// The call succeeded.
    Ok = 0,
    /// The call was cancelled, typically by the caller.
    Cancelled = 1,
    /// An error that no other code describes.
    Unknown = 2,
    /// The caller specified an invalid argument.
    InvalidArgument = 3,
    /// The deadline passed before the call completed.
    DeadlineExceeded = 4,
    /// The requested entity does not exist.
    NotFound = 5,
    /// The entity to create already exists.
    AlreadyExists = 6,
    /// The caller does not have permission.
    PermissionDenied = 7,
    /// A limit was reached: of size, of calls, of space.
    ResourceExhausted = 8,
    /// The system is not in the state that the call requires.
    FailedPrecondition = 9,
    /// The call was aborted, typically because of a concurrent one.
    Aborted = 10,
    /// The call went past the valid range.
    OutOfRange = 11,
    /// The server does not have this service or method.
    Unimplemented = 12,
    /// An invariant of the client or the server was violated.
    Internal = 13,
    /// The connection was lost, or the server is stopping. A retry may succeed.
    Unavailable = 14,
    /// Data was lost or corrupted.
    DataLoss = 15,
    /// The caller is not authenticated.
    Unauthenticated = 16,
}

impl Code {
    const ALL: [Code; 17] = [
        Code::Ok,
        Code::Cancelled,
        Code::Unknown,
        Code::InvalidArgument,
        Code::DeadlineExceeded,
        Code::NotFound,
        Code::AlreadyExists,
        Code::PermissionDenied,
        Code::ResourceExhausted,
        Code::FailedPrecondition,
        Code::Aborted,
        Code::OutOfRange,
        Code::Unimplemented,
        Code::Internal,
        Code::Unavailable,
        Code::DataLoss,
        Code::Unauthenticated,
    ];

    /// Returns the code with a number, or `Unknown`.
    fn from_number(number: i32) -> Self {
        let known = Code::ALL.into_iter().find(|code| *code as i32 == number);
        known.unwrap_or(Code::Unknown)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// The error of a call: the server's `google.rpc.Status`, or a failure of the
/// connection.
///
/// ```
/// use net_ttrpc::{Code, Status};
///
/// let status = Status::new(Code::NotFound, "no task 7");
/// assert_eq!(status.to_string(), "NotFound: no task 7");
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Status {
    pub(crate) code: Code,
    message: String,
    details: Vec<Any>,
}

impl Status {
    /// Creates a status with a message for humans.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Status {
            code,
            message: message.into(),
            details: Vec::new(),
        }
    }

    /// Adds details for programs, such as a `google.rpc.RetryInfo`.
    #[must_use]
    pub fn with_details(mut self, details: impl IntoIterator<Item = Any>) -> Self {
        self.details.extend(details);
        self
    }

    /// Returns the code.
    #[must_use]
    pub fn code(&self) -> Code {
        self.code
    }

    /// Returns the message for humans.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Returns the details for programs.
    #[must_use]
    pub fn details(&self) -> &[Any] {
        &self.details
    }

    /// Returns whether the call timed out.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        self.code == Code::DeadlineExceeded
    }

    /// Returns the closest [`io::ErrorKind`].
    #[must_use]
    pub fn kind(&self) -> io::ErrorKind {
        match self.code {
            Code::DeadlineExceeded => io::ErrorKind::TimedOut,
            Code::InvalidArgument | Code::OutOfRange => io::ErrorKind::InvalidInput,
            Code::NotFound => io::ErrorKind::NotFound,
            Code::AlreadyExists => io::ErrorKind::AlreadyExists,
            Code::PermissionDenied | Code::Unauthenticated => io::ErrorKind::PermissionDenied,
            Code::Unimplemented => io::ErrorKind::Unsupported,
            Code::Unavailable => io::ErrorKind::ConnectionAborted,
            Code::Internal | Code::DataLoss => io::ErrorKind::InvalidData,
            _ => io::ErrorKind::Other,
        }
    }

    pub(crate) fn deadline_exceeded() -> Self {
        Status::new(Code::DeadlineExceeded, "deadline exceeded")
    }

    /// Converts the status of a response; `None` if the call has succeeded.
    pub(crate) fn from_wire(wire: Option<RpcStatus>) -> Option<Self> {
        let wire = wire.filter(|status| status.code != 0)?;
        Some(Status {
            code: Code::from_number(wire.code),
            message: wire.message,
            details: wire.details,
        })
    }

    pub(crate) fn into_wire(self) -> RpcStatus {
        RpcStatus {
            code: self.code as i32,
            message: self.message,
            details: self.details,
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.code)?;
        match self.message.as_str() {
            "" => Ok(()),
            message => write!(f, ": {message}"),
        }
    }
}

impl std::error::Error for Status {}

impl From<Status> for io::Error {
    fn from(status: Status) -> Self {
        io::Error::new(status.kind(), status)
    }
}

impl From<Status> for Error {
    fn from(status: Status) -> Self {
        Error::new(Operation::Run, status)
    }
}

/// Converts the error of a connection that a call needs.
impl From<Error> for Status {
    fn from(error: Error) -> Self {
        let code = if error.is_timeout() {
            Code::DeadlineExceeded
        } else {
            Code::Unavailable
        };
        Status::new(code, error.to_string())
    }
}
