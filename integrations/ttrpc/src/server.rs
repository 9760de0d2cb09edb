use std::fmt;
use std::future::Future;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use net_traits::{Endpoint, Error, Listener, Operation, Result};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;

use crate::Service;
use crate::connection::{self, Services};

/// The pause after a failed accept, which grows as in Go's `net/http`.
const FIRST_PAUSE: Duration = Duration::from_millis(5);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// A ttrpc server: services, limits and graceful shutdown.
///
/// A server can be used for any number of listeners.
#[derive(Clone)]
pub struct Server {
    services: Arc<Services>,
    max_connections: usize,
    max_calls: usize,
    drain_timeout: Duration,
    on_error: Arc<dyn Fn(&ServeError) + Send + Sync>,
}

impl Server {
    /// Creates a server without services, with at most 1,000 connections, 1,000
    /// concurrent calls on each, and a drain timeout of 10 seconds.
    #[must_use]
    pub fn new() -> Self {
        Server {
            services: Arc::new(Services::new()),
            max_connections: 1_000,
            max_calls: 1_000,
            drain_timeout: Duration::from_secs(10),
            on_error: Arc::new(|_| {}),
        }
    }

    /// Adds a service, replacing one of the same name.
    #[must_use]
    pub fn with_service(mut self, service: impl Service) -> Self {
        let services = Arc::make_mut(&mut self.services);
        services.insert(service.name(), Arc::new(service));
        self
    }

    /// Sets the maximum number of connections. Further ones wait in the listener's
    /// queue.
    #[must_use]
    pub fn with_max_connections(mut self, connections: usize) -> Self {
        self.max_connections = connections.clamp(1, Semaphore::MAX_PERMITS);
        self
    }

    /// Sets the maximum number of concurrent calls on one connection. Further calls
    /// fail with [`ResourceExhausted`](crate::Code::ResourceExhausted).
    ///
    /// A call takes up to 4 MiB of memory for its request. Streamed messages that
    /// were not read take up to 16 MiB on one connection; then nothing more is read
    /// from it.
    #[must_use]
    pub fn with_max_calls(mut self, calls: usize) -> Self {
        self.max_calls = calls;
        self
    }

    /// Sets how long pending calls may take after the server was told to stop; then
    /// their connections are closed.
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

    /// Serves every connection of a listener. It never returns.
    ///
    /// # Panics
    ///
    /// Panics if called outside of a Tokio runtime.
    pub async fn serve(&self, listener: impl Listener) {
        // It never stops, so it never fails to drain.
        let _ = self.serve_until(listener, std::future::pending()).await;
    }

    /// Serves every connection of a listener until `stop` completes. Then the
    /// listener and idle connections are closed, pending calls are finished, and
    /// further ones fail with [`Unavailable`](crate::Code::Unavailable).
    ///
    /// Dropping the future closes all connections.
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
    pub async fn serve_until(
        &self,
        listener: impl Listener,
        stop: impl Future<Output = ()>,
    ) -> Result<()> {
        let room = Arc::new(Semaphore::new(self.max_connections));
        let (stopping, stopped) = watch::channel(false);
        let mut connections = JoinSet::new();
        let mut stop = pin!(stop);
        loop {
            let (stream, peer, permit) = tokio::select! {
                biased;
                () = &mut stop => break,
                Some(_) = connections.join_next() => continue,
                accepted = self.accept(&listener, &room) => accepted,
            };
            let services = Arc::clone(&self.services);
            let (max_calls, stopped) = (self.max_calls, stopped.clone());
            let serving = connection::serve(stream, peer.clone(), services, max_calls, stopped);
            let on_error = Arc::clone(&self.on_error);
            connections.spawn(async move {
                if let Err(source) = serving.await {
                    on_error(&ServeError::Connection { peer, source });
                }
                drop(permit);
            });
        }
        drop(listener);
        stopping.send_replace(true);
        self.drain(connections).await
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

    async fn drain(&self, mut connections: JoinSet<()>) -> Result<()> {
        let all = async { while connections.join_next().await.is_some() {} };
        if tokio::time::timeout(self.drain_timeout, all).await.is_ok() {
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
            .field("services", &self.services.keys())
            .field("max_connections", &self.max_connections)
            .field("max_calls", &self.max_calls)
            .finish_non_exhaustive()
    }
}

/// An error that does not end a server; see [`Server::with_error_hook`].
#[derive(Debug)]
#[non_exhaustive]
pub enum ServeError {
    /// Accepting a connection failed. The server accepts again.
    Accept(Error),
    /// A connection failed.
    #[non_exhaustive]
    Connection {
        /// The address of the peer.
        peer: Endpoint,
        /// Why it failed.
        source: io::Error,
    },
}

impl fmt::Display for ServeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ServeError::Accept(error) => error.fmt(f),
            ServeError::Connection { peer, source } => write!(f, "serve {peer}: {source}"),
        }
    }
}

impl std::error::Error for ServeError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            ServeError::Accept(error) => Some(error),
            ServeError::Connection { source, .. } => Some(source),
        }
    }
}
