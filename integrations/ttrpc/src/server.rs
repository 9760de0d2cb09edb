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

/// Services, and how they are served.
///
/// Each `with_` method changes one thing. A server is used again for as many
/// listeners as you like.
#[derive(Clone)]
pub struct Server {
    services: Arc<Services>,
    max_connections: usize,
    max_calls: usize,
    drain_timeout: Duration,
    on_error: Arc<dyn Fn(&ServeError) + Send + Sync>,
}

impl Server {
    /// A server without services, for 1,000 connections with 1,000 calls under
    /// way on each, which drains for 10 seconds.
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

    /// Adds a service, or replaces the one of the same name.
    #[must_use]
    pub fn with_service(mut self, service: impl Service) -> Self {
        let services = Arc::make_mut(&mut self.services);
        services.insert(service.name(), Arc::new(service));
        self
    }

    /// Lets more connections wait in the listener's queue until others end.
    #[must_use]
    pub fn with_max_connections(mut self, connections: usize) -> Self {
        self.max_connections = connections.clamp(1, Semaphore::MAX_PERMITS);
        self
    }

    /// Refuses more calls at once on one connection, with
    /// [`ResourceExhausted`](crate::Code::ResourceExhausted).
    ///
    /// A call takes up to 4 MiB for its request. What else waits to be read of
    /// one connection takes up to 16 MiB, and the peer is made to wait then.
    #[must_use]
    pub fn with_max_calls(mut self, calls: usize) -> Self {
        self.max_calls = calls;
        self
    }

    /// How long calls that are under way may take after the server was told to
    /// stop; then their connections are cut.
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

    /// Serves every connection of a listener until it is dropped.
    ///
    /// # Panics
    ///
    /// Outside of a runtime.
    pub async fn serve(&self, listener: impl Listener) {
        // It does not end, and so has no error either.
        let _ = self.serve_until(listener, std::future::pending()).await;
    }

    /// Serves every connection of a listener until `stop` is ready. Then the
    /// listener is closed, calls that are under way are finished, further ones
    /// are refused as [`Unavailable`](crate::Code::Unavailable), and idle
    /// connections are closed.
    ///
    /// Dropping the future cuts all connections.
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

    async fn drain(&self, mut connections: JoinSet<()>) -> Result<()> {
        let all = async { while connections.join_next().await.is_some() {} };
        if tokio::time::timeout(self.drain_timeout, all).await.is_ok() {
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
            .field("services", &self.services.keys())
            .field("max_connections", &self.max_connections)
            .field("max_calls", &self.max_calls)
            .finish_non_exhaustive()
    }
}

/// What goes wrong while a server serves.
#[derive(Debug)]
#[non_exhaustive]
pub enum ServeError {
    /// The listener has no connection to give; it is asked again.
    Accept(Error),
    /// A connection has ended early.
    #[non_exhaustive]
    Connection {
        /// Whose connection it was.
        peer: Endpoint,
        /// Why it has ended.
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
