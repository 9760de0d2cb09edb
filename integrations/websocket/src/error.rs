use std::fmt;
use std::io;
use std::time::Duration;

use bytes::Bytes;
use http::Response;
use net_traits::Operation;
use tokio_tungstenite::tungstenite;
use tungstenite::error::{CapacityError, ProtocolError};

use crate::{CloseCode, CloseFrame};

/// The result of an operation on a [`WebSocket`](crate::WebSocket).
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The error of a WebSocket: what was done, with which server, and the reason.
///
/// ```text
/// connect ws://example.com/chat: the server answered 403 Forbidden
/// receive ws://example.com/chat: a message of 2000000 bytes is longer than the limit of 1048576
/// ```
///
/// The URL is shown without its query, which may contain a secret.
pub struct Error(Box<Inner>);

#[derive(Debug)]
struct Inner {
    action: &'static str,
    url: Option<String>,
    reason: Reason,
}

/// The reason of an error; see [`Error::reason`].
#[derive(Debug)]
#[non_exhaustive]
pub enum Reason {
    /// An argument is invalid: a URL, a header, a close code.
    Invalid(String),
    /// Dialing the server failed, or the TLS handshake.
    Dial(net_traits::Error),
    /// The server refused the upgrade: its response, with the beginning of the
    /// body.
    Refused(Box<Response<Bytes>>),
    /// The server's response is not a valid WebSocket handshake.
    Handshake(String),
    /// A message, or a frame of one, is longer than the limit; see
    /// `with_max_message_bytes` and `with_max_frame_bytes`.
    #[non_exhaustive]
    TooLong {
        /// `message` or `frame`.
        what: &'static str,
        /// The length, or the number of bytes so far.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// The peer violated the protocol (RFC 6455 §7.1.7).
    Protocol(String),
    /// The peer sent text, or a close reason, that is not UTF-8.
    NotUtf8,
    /// The connection ended without a close frame.
    Reset,
    /// The connection is already closed; with the close frame of the peer, if it
    /// sent one.
    Closed(Option<CloseFrame>),
    /// The peer did not respond in time.
    #[non_exhaustive]
    TimedOut {
        /// What was waited for.
        what: &'static str,
        /// The timeout.
        after: Duration,
    },
    /// Reading or writing failed.
    Io(io::Error),
}

impl Error {
    pub(crate) fn new(action: &'static str, reason: Reason) -> Self {
        Error(Box::new(Inner {
            action,
            url: None,
            reason,
        }))
    }

    pub(crate) fn with_url(mut self, url: Option<&str>) -> Self {
        self.0.url = url.map(str::to_owned);
        self
    }

    /// Returns the reason.
    #[must_use]
    pub fn reason(&self) -> &Reason {
        &self.0.reason
    }

    /// Returns the corresponding [`io::ErrorKind`].
    #[must_use]
    pub fn kind(&self) -> io::ErrorKind {
        match &self.0.reason {
            Reason::Invalid(_) => io::ErrorKind::InvalidInput,
            Reason::Dial(error) => error.kind(),
            Reason::Refused(_) => io::ErrorKind::ConnectionRefused,
            Reason::Handshake(_)
            | Reason::TooLong { .. }
            | Reason::Protocol(_)
            | Reason::NotUtf8 => io::ErrorKind::InvalidData,
            Reason::Reset => io::ErrorKind::ConnectionReset,
            Reason::Closed(_) => io::ErrorKind::NotConnected,
            Reason::TimedOut { .. } => io::ErrorKind::TimedOut,
            Reason::Io(error) => error.kind(),
        }
    }

    /// Returns whether the operation timed out.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        match &self.0.reason {
            Reason::Dial(error) => error.is_timeout(),
            _ => self.kind() == io::ErrorKind::TimedOut,
        }
    }

    /// Returns whether the connection was already closed.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        matches!(self.0.reason, Reason::Closed(_))
    }

    /// Returns the code that is sent to the peer when a connection fails for this
    /// reason.
    pub(crate) fn close_code(&self) -> Option<CloseCode> {
        match self.0.reason {
            Reason::Protocol(_) => Some(CloseCode::PROTOCOL_ERROR),
            Reason::NotUtf8 => Some(CloseCode::INVALID_DATA),
            Reason::TooLong { .. } => Some(CloseCode::TOO_BIG),
            _ => None,
        }
    }
}

impl Reason {
    /// Converts an error of an open connection. `frame_limit` is the limit on
    /// frames if it is below that on messages, which tells the two apart.
    pub(crate) fn of_connection(error: tungstenite::Error, frame_limit: Option<usize>) -> Self {
        match error {
            tungstenite::Error::Io(error) => Reason::Io(error),
            tungstenite::Error::Capacity(CapacityError::MessageTooLong { size, max_size }) => {
                let what = if Some(max_size) == frame_limit {
                    "frame"
                } else {
                    "message"
                };
                Reason::TooLong {
                    what,
                    bytes: size,
                    limit: max_size,
                }
            }
            tungstenite::Error::Utf8(_) => Reason::NotUtf8,
            tungstenite::Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => {
                Reason::Reset
            }
            tungstenite::Error::Protocol(ProtocolError::SendAfterClosing)
            | tungstenite::Error::AlreadyClosed
            | tungstenite::Error::ConnectionClosed => Reason::Closed(None),
            tungstenite::Error::Protocol(error) => Reason::Protocol(error.to_string()),
            other => Reason::Protocol(other.to_string()),
        }
    }

    /// Converts an error of the opening handshake.
    pub(crate) fn of_handshake(error: tungstenite::Error) -> Self {
        match error {
            tungstenite::Error::Io(error) => Reason::Io(error),
            tungstenite::Error::Http(response) => {
                let response = response.map(|body| body.unwrap_or_default().into());
                Reason::Refused(Box::new(response))
            }
            tungstenite::Error::AttackAttempt => Reason::Handshake(
                "the head of the response is too long, or arrives in too many pieces".to_owned(),
            ),
            tungstenite::Error::Protocol(ProtocolError::HandshakeIncomplete) => Reason::Reset,
            tungstenite::Error::Protocol(error) => Reason::Handshake(error.to_string()),
            other => Reason::Handshake(other.to_string()),
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::Invalid(message) | Reason::Handshake(message) => f.write_str(message),
            Reason::Dial(error) => error.fmt(f),
            Reason::Refused(response) => write!(f, "the server answered {}", response.status()),
            Reason::TooLong { what, bytes, limit } => {
                write!(
                    f,
                    "a {what} of {bytes} bytes is longer than the limit of {limit}"
                )
            }
            Reason::Protocol(message) => write!(f, "the peer violated the protocol: {message}"),
            Reason::NotUtf8 => f.write_str("the peer sent text that is not UTF-8"),
            Reason::Reset => f.write_str("the connection ended without a close frame"),
            Reason::Closed(None) => f.write_str("the connection is closed"),
            Reason::Closed(Some(frame)) => write!(f, "the peer closed the connection with {frame}"),
            Reason::TimedOut { what, after } => write!(f, "no {what} within {after:?}"),
            Reason::Io(error) => error.fmt(f),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner {
            action,
            url,
            reason,
        } = &*self.0;
        f.write_str(action)?;
        if let Some(url) = url {
            write!(f, " {url}")?;
        }
        write!(f, ": {reason}")
    }
}

/// Prints the same line as [`Display`](fmt::Display), since a `main` that returns
/// an error shows this; `{:#?}` prints the fields.
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
        match &self.0.reason {
            Reason::Dial(error) => Some(error),
            Reason::Io(error) => Some(error),
            _ => None,
        }
    }
}

impl From<Error> for io::Error {
    fn from(error: Error) -> Self {
        io::Error::new(error.kind(), error)
    }
}

impl From<Error> for net_traits::Error {
    fn from(error: Error) -> Self {
        match *error.0 {
            Inner {
                reason: Reason::Dial(error),
                ..
            } => error,
            inner => {
                net_traits::Error::new(Operation::Transfer, io::Error::from(Error(inner.into())))
            }
        }
    }
}

/// Converts an error of a dialer or a TLS configuration.
impl From<net_traits::Error> for Error {
    fn from(error: net_traits::Error) -> Self {
        Error::new("connect", Reason::Dial(error))
    }
}
