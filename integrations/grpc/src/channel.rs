use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::header::USER_AGENT;
use http::{HeaderValue, Request, Response, Uri, Version};
use hyper::body::Incoming;
use net_traits::{Dialer, Error, Result};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tonic::Status;
use tonic::body::Body;
use tower_service::Service;

use crate::deadline::{self, CallBody, Deadline, OnDeadline};
use crate::pool::Pool;
use crate::{Builder, status};

/// The connections to a server, for tonic's generated clients:
/// `GreeterClient::new(channel)`.
///
/// Clones share the connections, which are made when a call needs them, and made
/// again when they are lost: the next call finds a server that was restarted.
/// While the server cannot be reached, calls fail with `UNAVAILABLE` and the
/// reason, unless they [wait](WaitForReady). [`Backoff`] configures the delays
/// between attempts.
///
/// A call that could not be sent on a connection is sent on another one. A call
/// that may have reached the server is not sent again.
///
/// The timeout of a call, set by `tonic::Request::set_timeout` or
/// [`Builder::with_timeout`], is sent to the server and also enforced here. It
/// includes waiting for a connection and reading the last message; then the call
/// ends with `DEADLINE_EXCEEDED`. Dropping the future of a call, or its stream,
/// cancels it.
///
/// [`Backoff`]: crate::Backoff
pub struct Channel<D>(Arc<Inner<D>>);

#[derive(Debug)]
struct Inner<D> {
    pool: Arc<Pool<D>>,
    settings: Settings,
}

/// The settings for each call.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) origin: Uri,
    pub(crate) user_agent: HeaderValue,
    pub(crate) timeout: Option<Duration>,
    pub(crate) wait_for_ready: bool,
    /// Permits for calls, if their number is limited.
    pub(crate) room: Option<Arc<Semaphore>>,
}

/// A request extension: whether the call waits until the server can be reached,
/// instead of failing ([wait for ready]).
///
/// ```
/// let mut request = tonic::Request::new(());
/// request.extensions_mut().insert(net_grpc::WaitForReady(true));
/// ```
///
/// [wait for ready]: https://github.com/grpc/grpc/blob/master/doc/wait-for-ready.md
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WaitForReady(pub bool);

impl<D: Dialer + Default + 'static> Channel<D> {
    /// Connects to `http://host:port` or `unix:path`.
    ///
    /// # Errors
    ///
    /// Returns an error if the URI is invalid, or the server cannot be reached.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future cancels the attempt.
    pub async fn connect(uri: &str) -> Result<Self> {
        Builder::new(D::default()).connect(uri).await
    }
}

impl<D: Dialer + 'static> Channel<D> {
    /// Creates a builder of a channel on a dialer.
    pub fn builder(dialer: D) -> Builder<D> {
        Builder::new(dialer)
    }

    pub(crate) fn new(pool: Pool<D>, settings: Settings) -> Self {
        Channel(Arc::new(Inner {
            pool: Arc::new(pool),
            settings,
        }))
    }

    /// Connects, unless that is done; fails if no address can be reached.
    pub(crate) async fn reach(&self) -> Result<(), Arc<Error>> {
        self.0.pool.connection(false).await.map(drop)
    }
}

impl<D: Dialer + 'static> Inner<D> {
    async fn call(&self, mut request: Request<Body>) -> Result<Response<Body>, Status> {
        let mut deadline = self.settings.prepare(&mut request)?.map(Deadline::after);
        let sending = async {
            let permit = self.settings.admit().await;
            Ok((self.send(request).await?, permit))
        };
        let (response, permit) = Deadline::limit(&mut deadline, sending).await?;
        Ok(response.map(|body| {
            Body::new(
                CallBody::new(body)
                    .with_deadline(deadline, OnDeadline::Fail)
                    .with_permit(permit),
            )
        }))
    }

    async fn send(&self, mut request: Request<Body>) -> Result<Response<Incoming>, Status> {
        let wait = request.extensions().get::<WaitForReady>();
        let wait = wait.map_or(self.settings.wait_for_ready, |wait| wait.0);
        for last in [false, false, true] {
            let connection = self.pool.connection(wait).await;
            let mut connection =
                connection.map_err(|error| Status::unavailable(error.to_string()))?;
            match connection.requests.try_send_request(request).await {
                Ok(response) => {
                    connection.has_answered();
                    status::of_answer(&response)?;
                    return Ok(response);
                }
                Err(mut error) => match error.take_message() {
                    // The connection is closing, and nothing of it was sent.
                    Some(unsent) if !last => request = unsent,
                    _ => return Err(status::of_transport(error.into_error().into())),
                },
            }
        }
        unreachable!("the last attempt returns")
    }
}

impl Settings {
    /// Completes a request. Returns its timeout.
    fn prepare(&self, request: &mut Request<Body>) -> Result<Option<Duration>, Status> {
        let mut uri = self.origin.clone().into_parts();
        uri.path_and_query = request.uri().path_and_query().cloned();
        *request.uri_mut() = Uri::from_parts(uri)
            .map_err(|error| Status::internal(format!("invalid method: {error}")))?;
        *request.version_mut() = Version::HTTP_2;
        let headers = request.headers_mut();
        headers.insert(USER_AGENT, self.user_agent.clone());
        let timeout = match (deadline::requested(headers)?, self.timeout) {
            (Some(own), Some(general)) => own.min(general),
            (Some(own), None) => return Ok(Some(own)),
            (None, Some(general)) => general,
            (None, None) => return Ok(None),
        };
        deadline::announce(headers, timeout);
        Ok(Some(timeout))
    }

    /// Waits until there is room for one more call.
    async fn admit(&self) -> Option<OwnedSemaphorePermit> {
        let room = Arc::clone(self.room.as_ref()?);
        Some(
            room.acquire_owned()
                .await
                .expect("the semaphore is never closed"),
        )
    }
}

impl<D: Dialer + 'static> Service<Request<Body>> for Channel<D> {
    type Response = Response<Body>;
    type Error = Status;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Status>> + Send>>;

    /// Always ready: calls wait in their futures.
    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Status>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let inner = Arc::clone(&self.0);
        Box::pin(async move { inner.call(request).await })
    }
}

impl<D> Clone for Channel<D> {
    fn clone(&self) -> Self {
        Channel(Arc::clone(&self.0))
    }
}

impl<D> fmt::Debug for Channel<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Channel({})", self.0.settings.origin)
    }
}
