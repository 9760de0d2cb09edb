//! The nodes of a cluster: which slots they serve, and a connection to each.

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use redis::cmd;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::Connection;
use crate::batch::{Again, Encoded};
use crate::error::{Error, ErrorKind, Result, protocol};
use crate::opener::Opener;
use crate::settings::Settings;
use crate::slots::SlotMap;

/// The maximum number of connections.
const MAX_NODES: usize = 2048;
/// The number of nodes that are asked for the slots concurrently.
const ASKED_AT_ONCE: usize = 3;
/// The minimum interval between refreshes that a redirection causes.
const REFRESH_PAUSE: Duration = Duration::from_millis(500);

pub(crate) struct Nodes {
    /// Has the address of the first seed.
    opener: Opener,
    seeds: Vec<Arc<str>>,
    replicas: bool,
    state: Mutex<State>,
    /// Held during a refresh of the slots.
    refreshing: tokio::sync::Mutex<()>,
    turn: AtomicUsize,
}

#[derive(Default)]
struct State {
    map: SlotMap,
    /// The number of refreshes so far.
    generation: u64,
    refreshed: Option<Instant>,
    connections: HashMap<Arc<str>, Connection>,
}

/// A node, and a connection to it.
pub(crate) struct Node {
    pub(crate) address: Arc<str>,
    pub(crate) connection: Connection,
}

impl Nodes {
    pub(crate) fn new(opener: Opener, seeds: Vec<Arc<str>>, replicas: bool) -> Self {
        Nodes {
            opener,
            seeds,
            replicas,
            state: Mutex::default(),
            refreshing: tokio::sync::Mutex::new(()),
            turn: AtomicUsize::new(0),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // No panic can leave the state inconsistent.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.opener.settings
    }

    /// Returns the address of the first seed, which identifies the cluster in errors.
    pub(crate) fn address(&self) -> &Arc<str> {
        self.opener.address()
    }

    /// Returns the opener of connections to a node.
    pub(crate) fn opener_to(&self, address: &Arc<str>) -> Opener {
        let mut settings = Settings::clone(&self.opener.settings);
        settings.target.address = Arc::clone(address);
        settings.target.login.read_only = self.replicas;
        Opener {
            settings: settings.into(),
            ..self.opener.clone()
        }
    }

    pub(crate) fn at(&self, address: &Arc<str>) -> Result<Node> {
        let mut state = self.lock();
        if !state.connections.contains_key(address) {
            if state.connections.len() >= MAX_NODES {
                return Err(protocol(format!(
                    "the cluster has more than {MAX_NODES} nodes"
                )));
            }
            let connection = Connection::lazy(self.opener_to(address));
            state.connections.insert(Arc::clone(address), connection);
        }
        Ok(Node {
            address: Arc::clone(address),
            connection: state.connections[address].clone(),
        })
    }

    /// Returns a node that serves a slot: a replica, if replicas serve reads and this is one.
    /// Without a slot, returns any master.
    pub(crate) fn of(&self, slot: Option<u16>, reading: bool) -> Result<Node> {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        let address = {
            let state = self.lock();
            let Some(slot) = slot else {
                let masters = state.map.masters();
                let count = masters.len().max(1);
                let any = masters.into_iter().nth(turn % count);
                drop(state);
                return self.at(&any.unwrap_or_else(|| Arc::clone(self.address())));
            };
            let replicas = if reading && self.replicas {
                state.map.replicas(slot)
            } else {
                &[]
            };
            let replica = replicas.get(turn % replicas.len().max(1));
            replica.or(state.map.master(slot)).cloned()
        };
        let Some(address) = address else {
            let slot = slot.unwrap_or_default();
            let message = format!("no node of the cluster serves slot {slot}");
            return Err(Error::text(ErrorKind::Connect, message));
        };
        self.at(&address)
    }

    pub(crate) fn masters(&self) -> Result<Vec<Node>> {
        let masters = self.lock().map.masters();
        masters.iter().map(|address| self.at(address)).collect()
    }

    pub(crate) fn generation(&self) -> u64 {
        self.lock().generation
    }

    /// Updates the slots according to a node's reply.
    pub(crate) fn heed(self: &Arc<Self>, again: &Again) {
        if let Again::Moved(slot, address) = again {
            self.lock().map.move_to(*slot, Arc::clone(address));
            self.refresh_soon();
        }
    }

    /// Starts a refresh of the slots in the background, unless there was one just now.
    pub(crate) fn refresh_soon(self: &Arc<Self>) {
        let generation = {
            let state = self.lock();
            let recent = |at: Instant| at.elapsed() < REFRESH_PAUSE;
            if state.refreshed.is_some_and(recent) {
                return;
            }
            state.generation
        };
        if self.refreshing.try_lock().is_ok() {
            let nodes = Arc::clone(self);
            tokio::spawn(async move {
                // The next request reports the error.
                let _ = nodes.refresh(generation).await;
            });
        }
    }

    /// Refreshes the slots, unless that has been done since `generation`.
    pub(crate) async fn refresh(self: &Arc<Self>, generation: u64) -> Result<()> {
        let _guard = self.refreshing.lock().await;
        if self.generation() != generation {
            return Ok(());
        }
        let known = self.lock().map.nodes();
        let seeds: BTreeSet<_> = self.seeds.iter().cloned().collect();
        let rest = seeds.difference(&known).cloned();
        let mut candidates: Vec<_> = known.iter().cloned().collect();
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        let count = candidates.len().max(1);
        candidates.rotate_left(turn % count);
        let mut candidates = candidates.into_iter().chain(rest);
        let mut asked = JoinSet::new();
        let mut failed = None;
        loop {
            while asked.len() < ASKED_AT_ONCE
                && let Some(address) = candidates.next()
            {
                asked.spawn(Arc::clone(self).slots_of(address));
            }
            match asked.join_next().await {
                Some(Ok(Ok(map))) => {
                    self.install(map);
                    return Ok(());
                }
                Some(Ok(Err(error))) => failed = Some(error),
                // The runtime is shutting down.
                Some(Err(_)) => {}
                None => break,
            }
        }
        let failed = failed.unwrap_or_else(|| {
            Error::text(ErrorKind::Connect, "no nodes of the cluster are known")
        });
        Err(failed.at(self.address()))
    }

    async fn slots_of(self: Arc<Self>, address: Arc<str>) -> Result<SlotMap> {
        let asked = async {
            let node = self.at(&address)?;
            let mut request = Encoded::default();
            request.push(cmd("CLUSTER").arg("SLOTS"));
            let mut answers = node.connection.raw(&request).await?;
            let answer = answers.pop().unwrap_or(redis::Value::Nil);
            let map = SlotMap::parse(answer.extract_error()?, &address)?;
            if map.masters().is_empty() {
                return Err(Error::text(ErrorKind::Connect, "the node knows no slots"));
            }
            Ok(map)
        };
        asked.await.map_err(|error: Error| error.at(&address))
    }

    fn install(&self, map: SlotMap) {
        let mut state = self.lock();
        let nodes = map.nodes();
        // Requests in flight on the others still complete.
        state
            .connections
            .retain(|address, _| nodes.contains(address));
        state.map = map;
        state.generation += 1;
        state.refreshed = Some(Instant::now());
    }
}

impl fmt::Debug for Nodes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Nodes")
            .field("seeds", &self.seeds)
            .finish_non_exhaustive()
    }
}
