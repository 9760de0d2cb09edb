use std::convert::Infallible;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::{Request, Response};
use net_traits::{Listener, Result};
use tokio::sync::Semaphore;
use tonic::Status;
use tonic::body::Body;
use tonic::server::NamedService;
use tonic::service::Routes;
use tower_service::Service;

use crate::deadline::{self, CallBody, Deadline, OnDeadline};

/// A gRPC server, for tonic's generated services.
///
/// ```no_run
/// # use greeter::greeter_server::{Greeter, GreeterServer};
/// # async fn example(greeter: impl Greeter) -> net::Result<()> {
/// let listener = net::listen("tcp", "127.0.0.1:50051").await?;
/// net_grpc::Server::builder()
///     .add_service(GreeterServer::new(greeter))
///     .serve(listener)
///     .await;
/// # Ok(())
/// # }
/// ```
///
/// The address of the peer is a request extension:
/// `request.extensions().get::<PeerAddr>()`.
///
/// The timeout of a call, `grpc-timeout`, is enforced: the future or stream of the
/// method is dropped, and the call ends with `DEADLINE_EXCEEDED`.
#[derive(Clone)]
pub struct Server {
    http: net_http::Server,
    routes: Routes,
    max_timeout: Option<Duration>,
    room: Option<Arc<Semaphore>>,
}

impl Server {
    /// Creates a server without services, with the limits of
    /// [`net_http::Server::new`].
    #[must_use]
    pub fn builder() -> Self {
        Server {
            http: net_http::Server::new(),
            routes: Routes::default(),
            max_timeout: None,
            room: None,
        }
    }

    /// Adds a service: a generated one, or one of `tonic-health` or
    /// `tonic-reflection`.
    #[must_use]
    pub fn add_service<S>(mut self, service: S) -> Self
    where
        S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>,
        S: NamedService + Clone + Send + Sync + 'static,
        S::Future: Send + 'static,
    {
        self.routes = self.routes.add_service(service);
        self
    }

    /// Sets the HTTP server, with its limits and timeouts.
    ///
    /// ```
    /// let http = net_http::Server::new().with_max_streams(1_000);
    /// let server = net_grpc::Server::builder().with_http(http);
    /// ```
    #[must_use]
    pub fn with_http(mut self, http: net_http::Server) -> Self {
        self.http = http;
        self
    }

    /// Sets the longest timeout of a call, whatever its client requests. By
    /// default, there is no limit.
    #[must_use]
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.max_timeout = Some(timeout);
        self
    }

    /// Sets the maximum number of concurrent calls on all connections, including
    /// streams, at least 1. Further calls wait.
    #[must_use]
    pub fn with_max_calls(mut self, calls: usize) -> Self {
        let calls = calls.clamp(1, Semaphore::MAX_PERMITS);
        self.room = Some(Arc::new(Semaphore::new(calls)));
        self
    }

    /// Serves every connection of a listener. It never returns.
    ///
    /// # Panics
    ///
    /// Panics if called outside of a Tokio runtime.
    pub async fn serve<L: Listener>(self, listener: L) {
        // It never stops, so it never fails to drain.
        let _ = self.serve_until(listener, std::future::pending()).await;
    }

    /// Serves every connection of a listener until `stop` completes. Then the
    /// listener is closed and pending calls are finished; see
    /// [`net_http::Server::serve_until`].
    ///
    /// # Errors
    ///
    /// Returns an error of kind [`TimedOut`](std::io::ErrorKind::TimedOut) if
    /// connections were closed because of the drain timeout.
    ///
    /// # Panics
    ///
    /// Panics if called outside of a Tokio runtime.
    pub async fn serve_until<L: Listener>(
        self,
        listener: L,
        stop: impl Future<Output = ()>,
    ) -> Result<()> {
        let calls = Calls {
            routes: self.routes.prepare(),
            max_timeout: self.max_timeout,
            room: self.room,
        };
        self.http.serve_until(listener, calls, stop).await
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("http", &self.http)
            .field("max_timeout", &self.max_timeout)
            .finish_non_exhaustive()
    }
}

/// Enforces the limits of each call.
#[derive(Clone)]
struct Calls {
    routes: Routes,
    max_timeout: Option<Duration>,
    room: Option<Arc<Semaphore>>,
}

impl Calls {
    async fn call(
        mut self,
        request: Request<net_http::Body>,
    ) -> Result<Response<CallBody<Body>>, Status> {
        let timeout = deadline::requested(request.headers())?;
        let timeout = timeout.into_iter().chain(self.max_timeout).min();
        let mut deadline = timeout.map(Deadline::after);
        let answering = async {
            let permit = match self.room {
                None => None,
                Some(room) => Some(
                    room.acquire_owned()
                        .await
                        .expect("the semaphore is never closed"),
                ),
            };
            let request = request.map(CallBody::new);
            let Ok(response) = self.routes.call(request).await;
            Ok((response, permit))
        };
        let (response, permit) = Deadline::limit(&mut deadline, answering).await?;
        Ok(response.map(|body| {
            CallBody::new(body)
                .with_deadline(deadline, OnDeadline::SendStatus)
                .with_permit(permit)
        }))
    }
}

impl Service<Request<net_http::Body>> for Calls {
    type Response = Response<CallBody<Body>>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        // Routes are always ready, and calls wait for permits in their futures.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<net_http::Body>) -> Self::Future {
        let call = self.clone().call(request);
        Box::pin(async {
            Ok(call.await.unwrap_or_else(|status| {
                let response = status.into_http::<Body>();
                response.map(CallBody::new)
            }))
        })
    }
}
