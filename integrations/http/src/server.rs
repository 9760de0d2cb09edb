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
/// of [`Server::new`], until it is dropped.
///
/// # Panics
///
/// Outside of a runtime.
pub async fn serve<L, S, B>(listener: L, service: S)
where
    L: Listener,
    S: Service<Request<Body>, Response = Response<B>, Error: Into<BoxError>>,
    S: Clone + Send + 'static,
    S::Future: Send,
    B: http_body::Body<Data: Send, Error: Into<BoxError>> + Send + 'static,
{
    let never = std::future::pending();
    // It does not end, and so has no error either.
    let _ = Server::new().serve_until(listener, service, never).await;
}

/// How HTTP is served.
///
/// Each `with_` method changes one thing. A server is used again for as many
/// listeners as you like.
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
    /// A server that gives a peer 30 seconds for the head of its next request
    /// and 60 to take some of what is sent, takes heads of up to 64 KiB with 100
    /// fields, 10,000 connections, 100 streams on one of HTTP/2, and drains for
    /// 10 seconds.
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

    /// Closes a connection on which the head of the next request is not there
    /// in time. On HTTP/1 an idle connection is one, too; on HTTP/2 the peer is
    /// asked after so long whether it is still there.
    ///
    /// The time of the first begins with the connection, so that it limits the
    /// handshake of a [`Listener`] that encrypts, too.
    #[must_use]
    pub fn with_header_timeout(mut self, timeout: Duration) -> Self {
        self.header_timeout = timeout;
        self
    }

    /// Cuts a connection whose peer takes nothing of what is sent for so long,
    /// also one that was upgraded.
    #[must_use]
    pub fn with_write_timeout(mut self, timeout: Duration) -> Self {
        self.write_timeout = timeout;
        self
    }

    /// Refuses longer heads, with the status 431. It is 8 KiB at least.
    #[must_use]
    pub fn with_max_header_bytes(mut self, bytes: usize) -> Self {
        self.max_header_bytes = bytes.max(8 << 10);
        self
    }

    /// Refuses heads with more fields, with the status 431 (HTTP/1).
    #[must_use]
    pub fn with_max_headers(mut self, fields: usize) -> Self {
        self.max_headers = fields;
        self
    }

    /// Lets more connections wait in the listener's queue until others end.
    /// Those that were upgraded count until they end.
    #[must_use]
    pub fn with_max_connections(mut self, connections: usize) -> Self {
        self.max_connections = connections.clamp(1, Semaphore::MAX_PERMITS);
        self
    }

    /// How many requests one connection of HTTP/2 may have under way.
    #[must_use]
    pub fn with_max_streams(mut self, streams: u32) -> Self {
        self.max_streams = streams;
        self
    }

    /// How long requests that are under way may take after the server was told
    /// to stop; then their connections are cut.
    #[must_use]
    pub fn with_drain_timeout(mut self, timeout: Duration) -> Self {
        self.drain_timeout = timeout;
        self
    }

    /// Calls a function with what goes wrong on a connection, or with the
    /// listener. Without one nobody is told: peers that hang up are common.
    #[must_use]
    pub fn with_error_hook(mut self, hook: impl Fn(&ServeError) + Send + Sync + 'static) -> Self {
        self.on_error = Arc::new(hook);
        self
    }

    /// Serves every connection of a listener until `stop` is ready. Then the
    /// listener is closed, requests that are under way are finished, and idle
    /// connections are closed.
    ///
    /// Dropping the future cuts all connections.
    ///
    /// A connection that was upgraded, such as to WebSocket, is its service's:
    /// it is not waited for, nor is it cut then.
    ///
    /// A failed accept, such as for want of descriptors, is tried again after a
    /// pause.
    ///
    /// # Errors
    ///
    /// [`TimedOut`](io::ErrorKind::TimedOut) if connections had to be cut.
    ///
    /// # Panics
    ///
    /// Outside of a runtime.
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

    /// Takes the next connection, when there is room for it.
    async fn accept<L: Listener>(
        &self,
        listener: &L,
        room: &Arc<Semaphore>,
    ) -> (L::Stream, Endpoint, OwnedSemaphorePermit) {
        let permit = Arc::clone(room).acquire_owned().await;
        let permit = permit.expect("nobody closes it");
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
            // A peer that ends its side still gets its answer.
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
        let cut = format!("{count} connections were busy for {timeout:?} more, and were cut");
        connections.shutdown().await;
        let error = io::Error::new(io::ErrorKind::TimedOut, cut);
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
