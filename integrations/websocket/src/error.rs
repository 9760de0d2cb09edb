use std::fmt;
use std::io;
use std::time::Duration;

use bytes::Bytes;
use http::Response;
use net_traits::Operation;
use tokio_tungstenite::tungstenite;
use tungstenite::error::{CapacityError, ProtocolError};

use crate::{CloseCode, CloseFrame};

/// The result of what is done with a [`WebSocket`](crate::WebSocket).
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What failed: what was done, with which server, and why.
///
/// ```text
/// connect ws://example.com/chat: the server answered 403 Forbidden
/// receive ws://example.com/chat: a message of 2000000 bytes is longer than the limit of 1048576
/// ```
///
/// A URL is told without its query, which may hold a secret.
pub struct Error(Box<Inner>);

#[derive(Debug)]
struct Inner {
    action: &'static str,
    url: Option<String>,
    reason: Reason,
}

/// Why something failed; see [`Error::reason`].
#[derive(Debug)]
#[non_exhaustive]
pub enum Reason {
    /// What was passed in cannot be: a URL, a header, a close code.
    Invalid(String),
    /// The server cannot be reached, or TLS with it fails.
    Dial(net_traits::Error),
    /// The server does not want to speak WebSocket: its answer, with the
    /// beginning of the body.
    Refused(Box<Response<Bytes>>),
    /// The server's answer is not that of a WebSocket server.
    Handshake(String),
    /// A message, or a frame of one, is longer than the limit; see
    /// `with_max_message_bytes` and `with_max_frame_bytes`.
    #[non_exhaustive]
    TooLong {
        /// `message` or `frame`.
        what: &'static str,
        /// How many bytes there are, or have been so far.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// The peer broke the protocol (RFC 6455 §7.1.7).
    Protocol(String),
    /// The peer sent a text, or a reason to close, that is not UTF-8.
    NotUtf8,
    /// The connection ended without a word.
    Reset,
    /// The connection is closed already; with what the peer said, if it did.
    Closed(Option<CloseFrame>),
    /// The peer did not do this in time.
    #[non_exhaustive]
    TimedOut {
        /// What it did not do.
        what: &'static str,
        /// How long it had.
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

    /// Why it failed.
    #[must_use]
    pub fn reason(&self) -> &Reason {
        &self.0.reason
    }

    /// The kind that an [`io::Error`] of it has.
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

    /// Whether something took too long.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        match &self.0.reason {
            Reason::Dial(error) => error.is_timeout(),
            _ => self.kind() == io::ErrorKind::TimedOut,
        }
    }

    /// Whether the connection was closed before.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        matches!(self.0.reason, Reason::Closed(_))
    }

    /// What the peer is told when a connection fails for this reason.
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
    /// What went wrong on a connection that is open. A limit of frames that is
    /// below that of messages tells the two apart.
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

    /// What went wrong while a connection was opened.
    pub(crate) fn of_handshake(error: tungstenite::Error) -> Self {
        match error {
            tungstenite::Error::Io(error) => Reason::Io(error),
            tungstenite::Error::Http(response) => {
                let response = response.map(|body| body.unwrap_or_default().into());
                Reason::Refused(Box::new(response))
            }
            tungstenite::Error::AttackAttempt => {
                Reason::Handshake("the head of the answer is too long, or comes in bits".to_owned())
            }
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
            Reason::Protocol(message) => write!(f, "the peer broke the protocol: {message}"),
            Reason::NotUtf8 => f.write_str("the peer sent a text that is not UTF-8"),
            Reason::Reset => f.write_str("the connection ended without a close frame"),
            Reason::Closed(None) => f.write_str("the connection is closed"),
            Reason::Closed(Some(frame)) => write!(f, "the peer has closed with {frame}"),
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

/// One line, as [`Display`](fmt::Display) has it, since a `main` that returns
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

/// What a dialer or a configuration of TLS says.
impl From<net_traits::Error> for Error {
    fn from(error: net_traits::Error) -> Self {
        Error::new("connect", Reason::Dial(error))
    }
}
