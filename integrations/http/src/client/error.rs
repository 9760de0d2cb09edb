use std::error::Error as StdError;
use std::fmt;
use std::io;

use http::{Method, StatusCode, Uri};
use net_traits::{Error, Operation};

use crate::BoxError;
use crate::origin::redacted;

/// The error of a request, or of reading its response.
///
/// It is displayed on one line, including the cause, without the password and
/// the query of the URL:
///
/// ```text
/// GET http://127.0.0.1:1/: dial tcp 127.0.0.1:1: Connection refused (os error 111)
/// ```
///
/// [`Debug`] prints the same line. It converts into [`net_traits::Error`] and
/// [`io::Error`], which keep the kind.
pub struct RequestError {
    // Boxed, to keep results small.
    inner: Box<Inner>,
}

struct Inner {
    method: Method,
    url: String,
    stage: Stage,
    cause: BoxError,
}

/// Where a request failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// The request itself.
    Build,
    /// Getting a connection.
    Connect,
    /// Sending the request, or waiting for the head of the response.
    Exchange,
    /// Following a redirect.
    Redirect,
    /// The status of the response.
    Status(StatusCode),
    /// The body of the response.
    Body,
}

impl RequestError {
    pub(crate) fn new(
        method: &Method,
        url: &Uri,
        stage: Stage,
        cause: impl Into<BoxError>,
    ) -> Self {
        RequestError {
            inner: Box::new(Inner {
                method: method.clone(),
                url: redacted(url),
                stage,
                cause: cause.into(),
            }),
        }
    }

    /// Creates the error of an invalid request.
    pub(crate) fn build(method: &Method, url: &Uri, message: impl Into<String>) -> Self {
        let cause = io::Error::new(io::ErrorKind::InvalidInput, message.into());
        RequestError::new(method, url, Stage::Build, cause)
    }

    /// Creates the error of an invalid URL. If it may contain a password, it is
    /// not shown.
    pub(crate) fn not_a_url(method: &Method, text: &str, cause: impl Into<BoxError>) -> Self {
        let shown = if text.contains('@') { "(a URL)" } else { text };
        RequestError {
            inner: Box::new(Inner {
                method: method.clone(),
                url: format!("{shown:?}"),
                stage: Stage::Build,
                cause: cause.into(),
            }),
        }
    }

    /// Returns the method of the request.
    #[must_use]
    pub fn method(&self) -> &Method {
        &self.inner.method
    }

    /// Returns the URL of the request, without its password and query; after
    /// redirects, the last URL.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.inner.url
    }

    /// Returns the status, if this is an error of
    /// [`error_for_status`](crate::Response::error_for_status).
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        match self.inner.stage {
            Stage::Status(status) => Some(status),
            _ => None,
        }
    }

    /// Returns whether connecting failed.
    #[must_use]
    pub fn is_connect(&self) -> bool {
        self.inner.stage == Stage::Connect
    }

    /// Returns whether a redirect could not be followed.
    #[must_use]
    pub fn is_redirect(&self) -> bool {
        self.inner.stage == Stage::Redirect
    }

    /// Returns whether reading the body of the response failed.
    #[must_use]
    pub fn is_body(&self) -> bool {
        self.inner.stage == Stage::Body
    }

    /// Returns whether the request timed out.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        self.kind() == io::ErrorKind::TimedOut
    }

    /// Returns the kind of the cause.
    #[must_use]
    pub fn kind(&self) -> io::ErrorKind {
        let mut cause: Option<&(dyn StdError + 'static)> = Some(&*self.inner.cause);
        while let Some(error) = cause {
            if let Some(error) = error.downcast_ref::<Error>() {
                return error.kind();
            }
            if let Some(error) = error.downcast_ref::<io::Error>() {
                return error.kind();
            }
            if let Some(error) = error.downcast_ref::<hyper::Error>() {
                if error.is_incomplete_message() {
                    return io::ErrorKind::UnexpectedEof;
                }
                if error.is_parse() {
                    return io::ErrorKind::InvalidData;
                }
            }
            cause = error.source();
        }
        match self.inner.stage {
            Stage::Build => io::ErrorKind::InvalidInput,
            Stage::Body => io::ErrorKind::InvalidData,
            _ => io::ErrorKind::Other,
        }
    }
}

/// Writes an error, and its causes if its own message leaves them out.
fn explain(error: &(dyn StdError + 'static), f: &mut fmt::Formatter<'_>) -> fmt::Result {
    write!(f, "{error}")?;
    match error.source() {
        Some(cause) if error.is::<hyper::Error>() => {
            f.write_str(": ")?;
            explain(cause, f)
        }
        _ => Ok(()),
    }
}

impl fmt::Display for RequestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: ", self.inner.method, self.inner.url)?;
        explain(&*self.inner.cause, f)
    }
}

impl fmt::Debug for RequestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl StdError for RequestError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&*self.inner.cause)
    }
}

impl From<RequestError> for io::Error {
    fn from(error: RequestError) -> Self {
        io::Error::new(error.kind(), error)
    }
}

/// The error becomes the cause of an [`Operation::Transfer`] error.
impl From<RequestError> for Error {
    fn from(error: RequestError) -> Self {
        Error::new(Operation::Transfer, io::Error::from(error))
    }
}
