use std::error::Error as StdError;
use std::fmt;
use std::io;

use http::{Method, StatusCode, Uri};
use net_traits::{Error, Operation};

use crate::BoxError;

/// Why a request got no answer, or not all of it.
///
/// It prints on one line, the cause included, without the password of the URL:
///
/// ```text
/// GET http://127.0.0.1:1/: dial tcp 127.0.0.1:1: Connection refused (os error 111)
/// ```
///
/// [`Debug`] prints the same line. It converts into [`net_traits::Error`] and
/// [`io::Error`], which keep its kind.
pub struct RequestError {
    // Boxed: results stay small where nothing fails.
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
    /// Until there was a connection.
    Connect,
    /// Sending it, or waiting for the head of the answer.
    Exchange,
    /// Where a redirect leads.
    Redirect,
    /// The answer says so.
    Status(StatusCode),
    /// The body of the answer.
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

    /// A request that cannot be made.
    pub(crate) fn build(method: &Method, url: &Uri, message: impl Into<String>) -> Self {
        let cause = io::Error::new(io::ErrorKind::InvalidInput, message.into());
        RequestError::new(method, url, Stage::Build, cause)
    }

    /// A URL that is none; a password in it is not shown, so neither is the rest.
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

    /// The method of the request.
    #[must_use]
    pub fn method(&self) -> &Method {
        &self.inner.method
    }

    /// The URL that was asked for, without its password; after redirects, the
    /// last one.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.inner.url
    }

    /// The status, of an error of
    /// [`error_for_status`](crate::Response::error_for_status).
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        match self.inner.stage {
            Stage::Status(status) => Some(status),
            _ => None,
        }
    }

    /// Whether there was no connection to send the request on.
    #[must_use]
    pub fn is_connect(&self) -> bool {
        self.inner.stage == Stage::Connect
    }

    /// Whether a redirect was not followed that should have been.
    #[must_use]
    pub fn is_redirect(&self) -> bool {
        self.inner.stage == Stage::Redirect
    }

    /// Whether it is about the body of the answer.
    #[must_use]
    pub fn is_body(&self) -> bool {
        self.inner.stage == Stage::Body
    }

    /// Whether a timeout ended it.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        self.kind() == io::ErrorKind::TimedOut
    }

    /// The kind of the cause.
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

/// A URL without its password, as Go shows it.
fn redacted(url: &Uri) -> String {
    let Some(authority) = url.authority() else {
        return url.to_string();
    };
    let authority = match authority.as_str().rsplit_once('@') {
        Some((user, place)) => match user.split_once(':') {
            Some((name, _)) => format!("{name}:***@{place}"),
            None => format!("{user}@{place}"),
        },
        None => authority.to_string(),
    };
    let path = url.path_and_query().map_or("", |path| path.as_str());
    match url.scheme_str() {
        Some(scheme) => format!("{scheme}://{authority}{path}"),
        None => format!("{authority}{path}"),
    }
}

/// Writes an error, and its causes where its own message leaves them out.
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

/// It becomes the cause of an error of [`Operation::Transfer`].
impl From<RequestError> for Error {
    fn from(error: RequestError) -> Self {
        Error::new(Operation::Transfer, io::Error::from(error))
    }
}
