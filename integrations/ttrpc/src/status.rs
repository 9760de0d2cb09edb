use std::fmt;
use std::io;

use net_traits::{Error, Operation};
use prost_types::Any;

use crate::envelope::RpcStatus;

/// How a call has ended, by the numbers of gRPC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Code {
    /// It has succeeded.
    Ok = 0,
    /// The caller has given up.
    Cancelled = 1,
    /// Something that no other code tells.
    Unknown = 2,
    /// The caller has sent what cannot be right.
    InvalidArgument = 3,
    /// The time for it was over.
    DeadlineExceeded = 4,
    /// What is asked for does not exist.
    NotFound = 5,
    /// What is to be created exists.
    AlreadyExists = 6,
    /// The caller may not do this.
    PermissionDenied = 7,
    /// A limit is reached: of size, of calls, of space.
    ResourceExhausted = 8,
    /// It cannot be done in the present state.
    FailedPrecondition = 9,
    /// It was given up for something else at the same time.
    Aborted = 10,
    /// It is beyond the end.
    OutOfRange = 11,
    /// The server has no such service or method.
    Unimplemented = 12,
    /// A peer broke its own rules.
    Internal = 13,
    /// The connection is gone, or the server stops: another try may succeed.
    Unavailable = 14,
    /// Data is lost for good.
    DataLoss = 15,
    /// It is not known who the caller is.
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

    /// The code of a number; `Unknown` where there is none.
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

/// Why a call has failed: the server's `google.rpc.Status`, or what went wrong
/// on the way there.
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
    /// A status with a message for humans.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Status {
            code,
            message: message.into(),
            details: Vec::new(),
        }
    }

    /// Adds what programs can read, such as a `google.rpc.RetryInfo`.
    #[must_use]
    pub fn with_details(mut self, details: impl IntoIterator<Item = Any>) -> Self {
        self.details.extend(details);
        self
    }

    /// How the call has ended.
    #[must_use]
    pub fn code(&self) -> Code {
        self.code
    }

    /// What happened, for humans.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What happened, for programs.
    #[must_use]
    pub fn details(&self) -> &[Any] {
        &self.details
    }

    /// Whether the time for the call was over.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        self.code == Code::DeadlineExceeded
    }

    /// The kind that tells most among those of [`io::Error`].
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
        Status::new(Code::DeadlineExceeded, "the time for the call is over")
    }

    /// The failure that a response tells of; `None` where it tells of success.
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

/// A call that needs another connection fails as that does.
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
