//! The connections to one origin.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hyper::client::conn::{http1, http2};
use net_traits::{Error, Operation};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use super::config::PoolLimits;
use super::connection::Sender;
use crate::Body;

/// The open connections, and the requests that use them or wait for one.
#[derive(Debug)]
pub(crate) struct Host {
    limits: PoolLimits,
    /// Permits for requests, each of which may need its own connection.
    room: Arc<Semaphore>,
    waiting: AtomicUsize,
    /// Held while the first connection is made, which all requests may share.
    pub(crate) connecting: tokio::sync::Mutex<()>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Ordered by last use.
    idle: Vec<(http1::SendRequest<Body>, Instant)>,
    http2: Option<Shared>,
    /// Whether the peer has chosen HTTP/1, and will again.
    is_http1: bool,
    /// Whether the pool is gone: no connection is kept any more.
    closed: bool,
}

/// A connection that requests share.
#[derive(Debug)]
struct Shared {
    sender: http2::SendRequest<Body>,
    streams: usize,
    used: Instant,
}

impl Host {
    pub(crate) fn new(limits: PoolLimits) -> Self {
        Host {
            limits,
            room: Arc::new(Semaphore::new(limits.connections)),
            waiting: AtomicUsize::new(0),
            connecting: tokio::sync::Mutex::default(),
            state: Mutex::default(),
        }
    }

    /// Returns whether the peer has chosen HTTP/1 before.
    pub(crate) fn is_http1(&self) -> bool {
        self.state().is_http1
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// Waits until there is room for one more request.
    pub(crate) async fn enter(&self) -> Result<OwnedSemaphorePermit, Error> {
        if let Ok(permit) = Arc::clone(&self.room).try_acquire_owned() {
            return Ok(permit);
        }
        let waiting = Waiting::new(&self.waiting);
        if waiting.others >= self.limits.waiting {
            let message = format!(
                "{} requests are already waiting for a connection",
                waiting.others
            );
            let error = io::Error::new(io::ErrorKind::QuotaExceeded, message);
            return Err(Error::new(Operation::Dial, error));
        }
        let permit = Arc::clone(&self.room).acquire_owned().await;
        Ok(permit.expect("the semaphore is never closed"))
    }

    pub(crate) fn take_idle(&self) -> Option<http1::SendRequest<Body>> {
        let mut state = self.state();
        while let Some((sender, used)) = state.idle.pop() {
            if sender.is_ready() && used.elapsed() < self.limits.idle_timeout {
                return Some(sender);
            }
        }
        None
    }

    /// Keeps a connection for the next request.
    pub(crate) fn put_idle(&self, sender: http1::SendRequest<Body>) {
        let mut state = self.state();
        if !state.closed && state.idle.len() < self.limits.idle {
            state.idle.push((sender, Instant::now()));
        }
    }

    /// Returns the HTTP/2 connection that requests share, if there is one.
    pub(crate) fn shared(&self) -> Option<http2::SendRequest<Body>> {
        let mut state = self.state();
        let shared = state.http2.as_ref()?;
        if shared.sender.is_closed() {
            state.http2 = None;
            return None;
        }
        Some(shared.sender.clone())
    }

    /// Stores the HTTP version of the peer, and the connection if it can be shared.
    pub(crate) fn learn(&self, sender: &Sender) {
        let mut state = self.state();
        match sender {
            Sender::Http1(_) => state.is_http1 = true,
            Sender::Http2(sender) => {
                state.http2 = Some(Shared {
                    sender: sender.clone(),
                    streams: 0,
                    used: Instant::now(),
                });
            }
        }
    }

    /// Counts a stream; the shared connection is idle while there are none.
    pub(crate) fn stream_began(&self) {
        if let Some(shared) = &mut self.state().http2 {
            shared.streams += 1;
        }
    }

    pub(crate) fn stream_ended(&self) {
        if let Some(shared) = &mut self.state().http2 {
            shared.streams = shared.streams.saturating_sub(1);
            shared.used = Instant::now();
        }
    }

    /// Drops the idle connections: the peer has closed one of them, and so
    /// probably the others.
    pub(crate) fn forget(&self) {
        let mut state = self.state();
        state.idle.clear();
        state.http2 = None;
    }

    /// Closes the idle connections, and those that become idle from now on.
    pub(crate) fn close(&self) {
        self.state().closed = true;
        self.forget();
    }

    /// Closes connections that were idle for too long. Returns when the next
    /// one will have been.
    pub(crate) fn sweep(&self, now: Instant) -> Option<Instant> {
        let due = |used: Instant| used + self.limits.idle_timeout;
        let mut state = self.state();
        state
            .idle
            .retain(|(sender, used)| sender.is_ready() && due(*used) > now);
        state.http2.take_if(|shared| {
            shared.sender.is_closed() || (shared.streams == 0 && due(shared.used) <= now)
        });
        let idle = state.idle.iter().map(|(_, used)| due(*used));
        let unused = state.http2.as_ref().filter(|shared| shared.streams == 0);
        let shared = unused.map(|shared| due(shared.used));
        idle.chain(shared).min()
    }
}

/// Counts a request until it is dropped.
struct Waiting<'a> {
    count: &'a AtomicUsize,
    others: usize,
}

impl<'a> Waiting<'a> {
    fn new(count: &'a AtomicUsize) -> Self {
        let others = count.fetch_add(1, Ordering::Relaxed);
        Waiting { count, others }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.count.fetch_sub(1, Ordering::Relaxed);
    }
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
