//! Connections that are kept for more requests, by host.
//!
//! hyper-util has a pool as well, as layers of tower services. Limits of
//! connections and of waiting requests, the time after which an idle one is
//! closed, and who shares the first connection to a host that may speak HTTP/2
//! would all be outside of it; with them inside, a pool is this file.

use std::collections::HashMap;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use hyper::client::conn::{http1, http2};
use net_traits::{Error, Operation};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until, timeout};

use super::config::PoolLimits;
use super::connection::Sender;
use super::lease::{Lease, Stream};
use super::timeout::no_connection;
use crate::Body;

/// What connections are shared by: the scheme, the address as it is dialed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    pub(crate) https: bool,
    pub(crate) address: String,
}

/// Leave to send one request.
pub(crate) enum Checkout {
    Http1(Lease),
    Http2(Stream),
}

/// The connections of one client. They are closed when it is dropped.
#[derive(Debug)]
pub(crate) struct Pool {
    limits: PoolLimits,
    hosts: Mutex<HashMap<Key, Arc<Host>>>,
    reaper: Mutex<Option<JoinHandle<()>>>,
}

/// The connections to one host.
#[derive(Debug)]
pub(crate) struct Host {
    pool: Weak<Pool>,
    limits: PoolLimits,
    /// Room for requests, each of which may need a connection of its own.
    room: Arc<Semaphore>,
    waiting: AtomicUsize,
    /// Held while the first connection is made, which all may share.
    connecting: tokio::sync::Mutex<()>,
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

impl Pool {
    pub(crate) fn new(limits: PoolLimits) -> Arc<Self> {
        Arc::new(Pool {
            limits,
            hosts: Mutex::default(),
            reaper: Mutex::default(),
        })
    }

    /// Gives a connection that is idle or shared, or makes one.
    ///
    /// A peer that may speak HTTP/2 gets one connection at first, for all to share:
    /// who does not make it waits for so long, `share_within`.
    pub(crate) async fn checkout<F>(
        self: &Arc<Self>,
        key: &Key,
        share_within: Option<Duration>,
        connect: F,
    ) -> Result<Checkout, Error>
    where
        F: Future<Output = Result<Sender, Error>>,
    {
        let host = self.host(key);
        if let Some(stream) = host.share() {
            return Ok(Checkout::Http2(stream));
        }
        let permit = host.enter().await?;
        if let Some(sender) = host.take_idle() {
            return Ok(Checkout::Http1(Lease::new(sender, true, host, permit)));
        }
        let may_share = |_: &Duration| !host.state().is_http1;
        let sender = match share_within.filter(may_share) {
            None => connect.await?,
            Some(limit) => {
                let first = timeout(limit, host.connecting.lock()).await;
                let _first = first.map_err(|_| no_connection(&key.address, limit))?;
                if let Some(stream) = host.share() {
                    return Ok(Checkout::Http2(stream));
                }
                let sender = connect.await?;
                host.learn(&sender);
                sender
            }
        };
        Ok(match sender {
            Sender::Http1(sender) => Checkout::Http1(Lease::new(sender, false, host, permit)),
            Sender::Http2(sender) => Checkout::Http2(Stream::new(sender, false, host)),
        })
    }

    fn host(self: &Arc<Self>, key: &Key) -> Arc<Host> {
        let mut hosts = lock(&self.hosts);
        if let Some(host) = hosts.get(key) {
            return Arc::clone(host);
        }
        let host = Arc::new(Host::new(Arc::downgrade(self), self.limits));
        hosts.insert(key.clone(), Arc::clone(&host));
        host
    }

    /// Sees to it that idle connections are closed in time.
    fn start_reaper(self: &Arc<Self>) {
        let mut reaper = lock(&self.reaper);
        // It is finished, too, when the runtime that it ran on is no more.
        if reaper.as_ref().is_none_or(JoinHandle::is_finished) {
            *reaper = Some(tokio::spawn(reap(Arc::downgrade(self))));
        }
    }

    /// Closes what has been idle for too long; says when that is next.
    fn sweep(&self) -> Option<Instant> {
        let mut hosts = lock(&self.hosts);
        let now = Instant::now();
        let mut next = None;
        hosts.retain(|_, host| {
            let due = host.sweep(now);
            next = [next, due].into_iter().flatten().min();
            // Whoever uses it has it, too.
            due.is_some() || Arc::strong_count(host) > 1
        });
        if next.is_none() && !hosts.is_empty() {
            // What is in use now will be idle.
            next = now.checked_add(self.limits.idle_timeout);
        }
        next
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        if let Some(reaper) = lock(&self.reaper).take() {
            reaper.abort();
        }
    }
}

async fn reap(pool: Weak<Pool>) {
    loop {
        let Some(next) = pool.upgrade().and_then(|pool| pool.sweep()) else {
            return;
        };
        sleep_until(next).await;
    }
}

impl Host {
    fn new(pool: Weak<Pool>, limits: PoolLimits) -> Self {
        Host {
            pool,
            limits,
            room: Arc::new(Semaphore::new(limits.connections)),
            waiting: AtomicUsize::new(0),
            connecting: tokio::sync::Mutex::default(),
            state: Mutex::default(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// Waits until there is room for one more request.
    async fn enter(&self) -> Result<OwnedSemaphorePermit, Error> {
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

    fn take_idle(&self) -> Option<http1::SendRequest<Body>> {
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
    fn share(self: &Arc<Self>) -> Option<Stream> {
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
    fn learn(&self, sender: &Sender) {
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

    fn sweep(&self, now: Instant) -> Option<Instant> {
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

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
