//! Connections that are kept for more requests, by host.
//!
//! hyper-util has a pool as well, as layers of tower services. Limits of
//! connections and of waiting requests, the time after which an idle one is
//! closed, and who shares the first connection to a host that may speak HTTP/2
//! would all be outside of it; with them inside, a pool is this file.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use net_traits::Error;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until, timeout};

use super::config::PoolLimits;
use super::connection::Sender;
use super::host::{Host, lock};
use super::lease::{Lease, Stream};
use super::timeout::no_connection;

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

/// A connection that is being made. In a box, since most requests need none and
/// would carry its size along.
pub(crate) type Connecting<'a> = Pin<Box<dyn Future<Output = Result<Sender, Error>> + Send + 'a>>;

/// The connections of one client. They are closed when it is dropped.
#[derive(Debug)]
pub(crate) struct Pool {
    limits: PoolLimits,
    hosts: Mutex<HashMap<Key, Arc<Host>>>,
    reaper: Mutex<Option<JoinHandle<()>>>,
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
    pub(crate) async fn checkout<'a>(
        self: &Arc<Self>,
        key: &Key,
        share_within: Option<Duration>,
        connect: impl FnOnce() -> Connecting<'a>,
    ) -> Result<Checkout, Error> {
        let host = self.host(key);
        if let Some(stream) = host.share() {
            return Ok(Checkout::Http2(stream));
        }
        let permit = host.enter().await?;
        if let Some(sender) = host.take_idle() {
            return Ok(Checkout::Http1(Lease::new(sender, true, host, permit)));
        }
        let may_share = |_: &Duration| !host.is_http1();
        let sender = match share_within.filter(may_share) {
            None => connect().await?,
            Some(limit) => {
                let first = timeout(limit, host.connecting.lock()).await;
                let _first = first.map_err(|_| no_connection(&key.address, limit))?;
                if let Some(stream) = host.share() {
                    return Ok(Checkout::Http2(stream));
                }
                let sender = connect().await?;
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
    pub(crate) fn start_reaper(self: &Arc<Self>) {
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
