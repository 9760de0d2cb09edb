use std::fmt;
use std::future::Future;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use http::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use net_traits::{Endpoint, Error, Listener, Operation, Result};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tower_service::Service;

use crate::accepted::Accepted;
use crate::connection::OfConnection;
use crate::{Body, BoxError, PeerAddr, ServeError};

/// The pause after a failed accept, which grows as in Go's `net/http`.
const FIRST_PAUSE: Duration = Duration::from_millis(5);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Serves HTTP/1 and HTTP/2 on every connection of a listener, with the limits
/// of [`Server::new`]. It never returns.
///
/// # Panics
///
/// Panics if called outside of a Tokio runtime.
pub async fn serve<L, S, B>(listener: L, service: S)
where
    L: Listener,
    S: Service<Request<Body>, Response = Response<B>, Error: Into<BoxError>>,
    S: Clone + Send + 'static,
    S::Future: Send,
    B: http_body::Body<Data: Send, Error: Into<BoxError>> + Send + 'static,
{
    let never = std::future::pending();
    // It never stops, so it never fails to drain.
    let _ = Server::new().serve_until(listener, service, never).await;
}

/// An HTTP server: limits, timeouts and graceful shutdown.
///
/// A server can be used for any number of listeners.
#[derive(Clone)]
pub struct Server {
    header_timeout: Duration,
    write_timeout: Duration,
    max_header_bytes: usize,
    max_headers: usize,
    max_connections: usize,
    max_streams: u32,
    drain_timeout: Duration,
    on_error: Arc<dyn Fn(&ServeError) + Send + Sync>,
}

impl Server {
    /// Creates a server with the default limits: a header timeout of 30 seconds,
    /// a write timeout of 60 seconds, heads of at most 64 KiB with 100 header
    /// fields, 10,000 connections, 100 streams on an HTTP/2 connection, and a
    /// drain timeout of 10 seconds.
    #[must_use]
    pub fn new() -> Self {
        Server {
            header_timeout: Duration::from_secs(30),
            write_timeout: Duration::from_secs(60),
            max_header_bytes: 64 << 10,
            max_headers: 100,
            max_connections: 10_000,
            max_streams: 100,
            drain_timeout: Duration::from_secs(10),
            on_error: Arc::new(|_| {}),
        }
    }

    /// Sets the timeout for receiving the head of the next request; then the
    /// connection is closed. Over HTTP/1 it also closes idle connections. Over
    /// HTTP/2 it is the interval at which the peer is pinged.
    ///
    /// For the first request it starts when the connection is accepted, so that
    /// it includes the TLS handshake.
    #[must_use]
    pub fn with_header_timeout(mut self, timeout: Duration) -> Self {
        self.header_timeout = timeout;
        self
    }

    /// Sets the timeout after which a connection is closed whose peer reads
    /// nothing of what is sent, also if it was upgraded.
    #[must_use]
    pub fn with_write_timeout(mut self, timeout: Duration) -> Self {
        self.write_timeout = timeout;
        self
    }

    /// Sets the maximum length of a request's head, at least 8 KiB. Longer ones
    /// are answered with status 431.
    #[must_use]
    pub fn with_max_header_bytes(mut self, bytes: usize) -> Self {
        self.max_header_bytes = bytes.max(8 << 10);
        self
    }

    /// Sets the maximum number of header fields in an HTTP/1 request. Requests
    /// with more are answered with status 431.
    #[must_use]
    pub fn with_max_headers(mut self, fields: usize) -> Self {
        self.max_headers = fields;
        self
    }

    /// Sets the maximum number of connections, upgraded ones included. Further
    /// ones wait in the listener's queue.
    #[must_use]
    pub fn with_max_connections(mut self, connections: usize) -> Self {
        self.max_connections = connections.clamp(1, Semaphore::MAX_PERMITS);
        self
    }

    /// Sets the maximum number of concurrent requests on an HTTP/2 connection.
    #[must_use]
    pub fn with_max_streams(mut self, streams: u32) -> Self {
        self.max_streams = streams;
        self
    }

    /// Sets how long pending requests may take after the server was told to
    /// stop; then their connections are closed.
    #[must_use]
    pub fn with_drain_timeout(mut self, timeout: Duration) -> Self {
        self.drain_timeout = timeout;
        self
    }

    /// Sets a function that is called with the errors of connections and of the
    /// listener. By default they are ignored: peers that hang up are common.
    #[must_use]
    pub fn with_error_hook(mut self, hook: impl Fn(&ServeError) + Send + Sync + 'static) -> Self {
        self.on_error = Arc::new(hook);
        self
    }

    /// Serves every connection of a listener until `stop` completes. Then the
    /// listener and idle connections are closed, and pending requests are
    /// finished.
    ///
    /// Dropping the future closes all connections. A connection that was upgraded,
    /// such as to WebSocket, belongs to its service: it is neither waited for nor
    /// closed.
    ///
    /// If accepting fails, for example because the process has too many open
    /// files, it is retried after a pause.
    ///
    /// # Errors
    ///
    /// Returns an error of kind [`TimedOut`](io::ErrorKind::TimedOut) if
    /// connections were closed because of the drain timeout.
    ///
    /// # Panics
    ///
    /// Panics if called outside of a Tokio runtime.
    pub async fn serve_until<L, S, B>(
        &self,
        listener: L,
        service: S,
        stop: impl Future<Output = ()>,
    ) -> Result<()>
    where
        L: Listener,
        S: Service<Request<Body>, Response = Response<B>, Error: Into<BoxError>>,
        S: Clone + Send + 'static,
        S::Future: Send,
        B: http_body::Body<Data: Send, Error: Into<BoxError>> + Send + 'static,
    {
        let http = self.builder();
        let room = Arc::new(Semaphore::new(self.max_connections));
        let graceful = GracefulShutdown::new();
        let mut connections = JoinSet::new();
        let mut stop = pin!(stop);
        loop {
            let (stream, peer, permit) = tokio::select! {
                biased;
                () = &mut stop => break,
                Some(_) = connections.join_next() => continue,
                accepted = self.accept(&listener, &room) => accepted,
            };
            let service = OfConnection {
                service: service.clone(),
                peer: PeerAddr(peer.clone()),
            };
            let (header, write) = (self.header_timeout, self.write_timeout);
            let stream = TokioIo::new(Accepted::new(stream, header, write, permit));
            let connection = http.serve_connection_with_upgrades(stream, service);
            let connection = graceful.watch(connection.into_owned());
            let on_error = Arc::clone(&self.on_error);
            connections.spawn(async move {
                if let Err(source) = connection.await {
                    on_error(&ServeError::Connection { peer, source });
                }
            });
        }
        drop(listener);
        self.drain(graceful, connections).await
    }

    /// Accepts the next connection, once there is room for it.
    async fn accept<L: Listener>(
        &self,
        listener: &L,
        room: &Arc<Semaphore>,
    ) -> (L::Stream, Endpoint, OwnedSemaphorePermit) {
        let permit = Arc::clone(room).acquire_owned().await;
        let permit = permit.expect("the semaphore is never closed");
        let mut pause = FIRST_PAUSE;
        loop {
            match listener.accept().await {
                Ok((stream, peer)) => return (stream, peer, permit),
                Err(error) => (self.on_error)(&ServeError::Accept(error)),
            }
            tokio::time::sleep(pause).await;
            pause = (2 * pause).min(LONGEST_PAUSE);
        }
    }

    fn builder(&self) -> Builder<TokioExecutor> {
        let mut http = Builder::new(TokioExecutor::new());
        http.http1()
            .timer(TokioTimer::new())
            .header_read_timeout(self.header_timeout)
            .max_buf_size(self.max_header_bytes)
            .max_headers(self.max_headers)
            // A peer that shuts down its side still gets its response.
            .half_close(true);
        http.http2()
            .timer(TokioTimer::new())
            .keep_alive_interval(self.header_timeout)
            .max_concurrent_streams(self.max_streams)
            .max_header_list_size(u32::try_from(self.max_header_bytes).unwrap_or(u32::MAX));
        http
    }

    async fn drain(&self, graceful: GracefulShutdown, mut connections: JoinSet<()>) -> Result<()> {
        let drained = tokio::time::timeout(self.drain_timeout, graceful.shutdown()).await;
        while connections.try_join_next().is_some() {}
        if drained.is_ok() || connections.is_empty() {
            return Ok(());
        }
        let (count, timeout) = (connections.len(), self.drain_timeout);
        let message = format!("{count} connections did not finish within {timeout:?}");
        connections.shutdown().await;
        let error = io::Error::new(io::ErrorKind::TimedOut, message);
        Err(Error::new(Operation::Run, error))
    }
}

impl Default for Server {
    fn default() -> Self {
        Server::new()
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("header_timeout", &self.header_timeout)
            .field("write_timeout", &self.write_timeout)
            .field("max_connections", &self.max_connections)
            .finish_non_exhaustive()
    }
}
