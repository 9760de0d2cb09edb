use std::time::Duration;

use net_traits::Endpoint;

use crate::Metadata;

/// A message, or a stream of messages, with what is said about the call.
///
/// Methods of clients take a message alone where nothing is to be said:
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
    /// A request without metadata and without a limit of time.
    pub fn new(message: T) -> Self {
        Request {
            message,
            metadata: Metadata::new(),
            timeout: None,
            peer: None,
        }
    }

    /// Ends the call after this time, on both sides, with
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

    /// How much time the whole call had at its start.
    #[must_use]
    pub fn timeout(&self) -> Option<Duration> {
        self.timeout
    }

    /// What goes along with the message.
    #[must_use]
    pub fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// What goes along with the message, to be changed.
    pub fn metadata_mut(&mut self) -> &mut Metadata {
        &mut self.metadata
    }

    /// Who has sent it; `None` until it has arrived.
    #[must_use]
    pub fn peer(&self) -> Option<&Endpoint> {
        self.peer.as_ref()
    }

    /// The message.
    pub fn get_ref(&self) -> &T {
        &self.message
    }

    /// The message, to be changed.
    pub fn get_mut(&mut self) -> &mut T {
        &mut self.message
    }

    /// The message alone.
    pub fn into_inner(self) -> T {
        self.message
    }

    /// Another message with the same about it.
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
