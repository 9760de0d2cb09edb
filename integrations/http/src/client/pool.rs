//! Connections that are kept for further requests, by origin.
//!
//! hyper-util has a pool as well, made of tower layers. The limits on
//! connections and waiting requests, the idle timeout, and the sharing of the
//! first connection to an origin that may speak HTTP/2 would all be outside of
//! it; with them inside, a pool is this file.

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
use super::lease::{Checkout, Lease, Stream};
use super::timeout::no_connection;
use crate::origin::Origin;

/// The least time between two sweeps while all connections are in use.
const SWEEP_PAUSE: Duration = Duration::from_millis(100);

/// A connection that is being made. It is boxed because most requests need none
/// and would carry its size along.
pub(crate) type Connecting<'a> = Pin<Box<dyn Future<Output = Result<Sender, Error>> + Send + 'a>>;

/// The connections of one client. They are closed when it is dropped.
#[derive(Debug)]
pub(crate) struct Pool {
    limits: PoolLimits,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    hosts: HashMap<Origin, Arc<Host>>,
    /// Closes idle connections, as long as there are hosts.
    reaper: Option<JoinHandle<()>>,
}

impl Pool {
    pub(crate) fn new(limits: PoolLimits) -> Arc<Self> {
        Arc::new(Pool {
            limits,
            state: Mutex::default(),
        })
    }

    /// Returns a connection that is idle or shared, or makes one.
    ///
    /// The first connection to a peer that may speak HTTP/2 is made once, for all
    /// requests to share. The others wait for it for at most `share_within`.
    pub(crate) async fn checkout<'a>(
        self: &Arc<Self>,
        origin: &Origin,
        share_within: Option<Duration>,
        connect: impl FnOnce() -> Connecting<'a>,
    ) -> Result<Checkout, Error> {
        let host = self.host(origin);
        if let Some(sender) = host.shared() {
            return Ok(Checkout::Http2(Stream::new(sender, true, host)));
        }
        let permit = host.enter().await?;
        if let Some(sender) = host.take_idle() {
            return Ok(Checkout::Http1(Lease::new(sender, true, host, permit)));
        }
        let may_share = |_: &Duration| !host.is_http1();
        let sender = match share_within.filter(may_share) {
            None => connect().await?,
            Some(limit) => {
                let connecting = Arc::clone(&host);
                let first = timeout(limit, connecting.connecting.lock()).await;
                let _first = first.map_err(|_| no_connection(origin, limit))?;
                if let Some(sender) = host.shared() {
                    return Ok(Checkout::Http2(Stream::new(sender, true, host)));
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

    /// Returns the connections to an origin, and ensures that a reaper runs.
    fn host(self: &Arc<Self>, origin: &Origin) -> Arc<Host> {
        let mut state = lock(&self.state);
        // A reaper ends with the runtime that it was spawned on.
        if state.reaper.as_ref().is_none_or(JoinHandle::is_finished) {
            state.reaper = Some(tokio::spawn(reap(Arc::downgrade(self))));
        }
        if let Some(host) = state.hosts.get(origin) {
            return Arc::clone(host);
        }
        let host = Arc::new(Host::new(self.limits));
        state.hosts.insert(origin.clone(), Arc::clone(&host));
        host
    }

    /// Closes connections that were idle for too long. Returns when to do so
    /// next; `None` once no host is left.
    fn sweep(&self) -> Option<Instant> {
        let mut state = lock(&self.state);
        let now = Instant::now();
        // When a connection that is in use now may be due.
        let mut next = now + self.limits.idle_timeout.max(SWEEP_PAUSE);
        state.hosts.retain(|_, host| {
            let due = host.sweep(now);
            next = due.map_or(next, |due| due.min(next));
            // A request that uses a host holds it.
            due.is_some() || Arc::strong_count(host) > 1
        });
        if state.hosts.is_empty() {
            state.reaper = None;
            return None;
        }
        Some(next)
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        let state = lock(&self.state);
        for host in state.hosts.values() {
            host.close();
        }
        if let Some(reaper) = &state.reaper {
            reaper.abort();
        }
    }
}

async fn reap(pool: Weak<Pool>) {
    while let Some(next) = pool.upgrade().and_then(|pool| pool.sweep()) {
        sleep_until(next).await;
    }
}
