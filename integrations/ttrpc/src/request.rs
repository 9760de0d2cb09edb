use std::time::Duration;

use net_traits::Endpoint;

use crate::Metadata;

/// A message, or a stream of messages, with the metadata and timeout of its call.
///
/// The methods of clients also take a message alone:
///
/// ```
/// use std::time::Duration;
/// use net_ttrpc::{Client, Request, Status};
///
/// # async fn example(client: Client) -> Result<(), Status> {
/// let pinged: () = client.unary("example.Health", "Ping", ()).await?;
/// let patient = Request::new(()).with_timeout(Duration::from_secs(30));
/// client.unary::<(), ()>("example.Health", "Ping", patient).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Request<T> {
    pub(crate) message: T,
    pub(crate) metadata: Metadata,
    pub(crate) timeout: Option<Duration>,
    pub(crate) peer: Option<Endpoint>,
}

impl<T> Request<T> {
    /// Creates a request without metadata and without a timeout.
    pub fn new(message: T) -> Self {
        Request {
            message,
            metadata: Metadata::new(),
            timeout: None,
            peer: None,
        }
    }

    /// Sets the timeout, after which the call ends on both sides with
    /// [`DeadlineExceeded`](crate::Code::DeadlineExceeded).
    #[must_use]
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Adds metadata; see [`Metadata::append`].
    #[must_use]
    pub fn with_metadata(mut self, name: &str, value: impl Into<String>) -> Self {
        self.metadata.append(name, value);
        self
    }

    /// Returns the timeout of the whole call.
    #[must_use]
    pub fn timeout(&self) -> Option<Duration> {
        self.timeout
    }

    /// Returns the metadata.
    #[must_use]
    pub fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// Returns the metadata mutably.
    pub fn metadata_mut(&mut self) -> &mut Metadata {
        &mut self.metadata
    }

    /// Returns the address of the peer that sent the request; `None` on the
    /// client's side.
    #[must_use]
    pub fn peer(&self) -> Option<&Endpoint> {
        self.peer.as_ref()
    }

    /// Returns the message.
    pub fn get_ref(&self) -> &T {
        &self.message
    }

    /// Returns the message mutably.
    pub fn get_mut(&mut self) -> &mut T {
        &mut self.message
    }

    /// Converts into the message.
    pub fn into_inner(self) -> T {
        self.message
    }

    /// Replaces the message, and keeps the rest.
    pub(crate) fn map<U>(self, change: impl FnOnce(T) -> U) -> Request<U> {
        Request {
            message: change(self.message),
            metadata: self.metadata,
            timeout: self.timeout,
            peer: self.peer,
        }
    }
}

impl<T> From<T> for Request<T> {
    fn from(message: T) -> Self {
        Request::new(message)
    }
}
