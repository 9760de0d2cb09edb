//! The connections to one host.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use hyper::client::conn::{http1, http2};
use net_traits::{Error, Operation};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use super::config::PoolLimits;
use super::connection::Sender;
use super::lease::Stream;
use super::pool::Pool;
use crate::Body;

/// What is open, and who uses it or waits.
#[derive(Debug)]
pub(crate) struct Host {
    pool: Weak<Pool>,
    limits: PoolLimits,
    /// Room for requests, each of which may need a connection of its own.
    room: Arc<Semaphore>,
    waiting: AtomicUsize,
    /// Held while the first connection is made, which all may share.
    pub(crate) connecting: tokio::sync::Mutex<()>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// The one that was used last is the last.
    idle: Vec<(http1::SendRequest<Body>, Instant)>,
    http2: Option<Shared>,
    /// The peer has chosen HTTP/1, and will again.
    is_http1: bool,
}

/// A connection that any number of requests share.
#[derive(Debug)]
struct Shared {
    sender: http2::SendRequest<Body>,
    streams: usize,
    used: Instant,
}

impl Host {
    pub(crate) fn new(pool: Weak<Pool>, limits: PoolLimits) -> Self {
        Host {
            pool,
            limits,
            room: Arc::new(Semaphore::new(limits.connections)),
            waiting: AtomicUsize::new(0),
            connecting: tokio::sync::Mutex::default(),
            state: Mutex::default(),
        }
    }

    /// Whether the peer has chosen HTTP/1 before.
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
            let message = format!("{} requests wait for a connection already", waiting.others);
            let error = io::Error::new(io::ErrorKind::QuotaExceeded, message);
            return Err(Error::new(Operation::Dial, error));
        }
        let permit = Arc::clone(&self.room).acquire_owned().await;
        Ok(permit.expect("nobody closes it"))
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

    /// Keeps a connection that waits for its next request.
    pub(crate) fn put_idle(&self, sender: http1::SendRequest<Body>) {
        // Without the pool there is nobody to use it again.
        let Some(pool) = self.pool.upgrade() else {
            return;
        };
        let mut state = self.state();
        if state.idle.len() < self.limits.idle {
            state.idle.push((sender, Instant::now()));
            drop(state);
            pool.start_reaper();
        }
    }

    /// One more stream on the connection that is shared, if there is one.
    pub(crate) fn share(self: &Arc<Self>) -> Option<Stream> {
        let mut state = self.state();
        let shared = state.http2.as_ref()?;
        if shared.sender.is_closed() {
            state.http2 = None;
            return None;
        }
        let sender = shared.sender.clone();
        drop(state);
        Some(Stream::new(sender, true, Arc::clone(self)))
    }

    /// Remembers what the peer speaks, and the connection if it can be shared.
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

    /// Counts the streams, so that a connection without one is idle.
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
        if let Some(pool) = self.pool.upgrade() {
            pool.start_reaper();
        }
    }

    /// Drops connections that have been idle: the peer has closed one of them,
    /// and so probably the others.
    pub(crate) fn forget(&self) {
        let mut state = self.state();
        state.idle.clear();
        state.http2 = None;
    }

    pub(crate) fn sweep(&self, now: Instant) -> Option<Instant> {
        let limit = self.limits.idle_timeout;
        let due = |used: Instant| used.checked_add(limit);
        let is_over = |used| due(used).is_some_and(|due| due <= now);
        let mut state = self.state();
        state
            .idle
            .retain(|(sender, used)| sender.is_ready() && !is_over(*used));
        state.http2.take_if(|shared| {
            shared.sender.is_closed() || (shared.streams == 0 && is_over(shared.used))
        });
        let idle = state.idle.iter().filter_map(|(_, used)| due(*used));
        let shared = state
            .http2
            .as_ref()
            .and_then(|shared| match shared.streams {
                0 => due(shared.used),
                _ => due(now),
            });
        idle.chain(shared).min()
    }
}

/// Counts a request while it waits, also when it is dropped.
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
