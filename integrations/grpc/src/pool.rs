//! The connections of a channel: one for each address of its target.
//!
//! Nothing runs while there are no calls. A call that finds connections missing
//! spawns tasks that make them, which outlive the call, and waits for the first
//! one that succeeds.

use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use net_traits::Dialer;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};

use crate::Backoff;
use crate::attempts::{Attempts, Failure, Outcome};
use crate::connect::{Connection, Connector};
use crate::target::Address;

#[derive(Debug)]
pub(crate) struct Pool<D> {
    connector: Arc<Connector<D>>,
    backoff: Backoff,
    state: Mutex<State>,
    /// Notified when an attempt has ended.
    changed: Notify,
}

#[derive(Debug)]
struct State {
    members: Vec<Member>,
    /// Whether members come from lookups.
    resolves: bool,
    lookup: Attempts<()>,
    /// How many attempts have failed so far.
    failed: u64,
    /// The member that the next call tries first.
    next: usize,
    /// Lookups and dials, which end with the pool.
    tasks: JoinSet<()>,
}

#[derive(Debug)]
struct Member {
    address: Address,
    attempts: Attempts<Connection>,
}

/// What a call does now.
enum Pick {
    Use(Connection),
    Wait,
    /// Every address has failed; this one is the first to be tried again.
    Failed(Failure),
}

impl<D: Dialer + 'static> Pool<D> {
    pub(crate) fn new(connector: Connector<D>, backoff: Backoff) -> Self {
        let resolves = connector.resolver.is_some();
        let (members, looked_up) = if resolves {
            (Vec::new(), Outcome::Due)
        } else {
            (vec![Member::at(Address::AsTyped)], Outcome::Succeeded(()))
        };
        let state = State {
            members,
            resolves,
            lookup: Attempts::new(looked_up),
            failed: 0,
            next: 0,
            tasks: JoinSet::new(),
        };
        Pool {
            connector: Arc::new(connector),
            backoff,
            state: Mutex::new(state),
            changed: Notify::new(),
        }
    }

    /// Returns a connection for a call. If all addresses fail, this fails, or waits
    /// until one is reached.
    pub(crate) async fn connection(
        self: &Arc<Self>,
        wait_for_ready: bool,
    ) -> Result<Connection, Arc<net_traits::Error>> {
        // A call that does not wait tries each address at most once.
        let mut seen = wait_for_ready.then_some(u64::MAX);
        loop {
            let mut changed = pin!(self.changed.notified());
            // Enabled first, so that no change is missed.
            changed.as_mut().enable();
            match self.pick(&mut seen) {
                Pick::Use(connection) => return Ok(connection),
                Pick::Wait => changed.await,
                Pick::Failed(failure) if wait_for_ready => {
                    // Either way, look again.
                    let _ = timeout_at(failure.retry, changed).await;
                }
                Pick::Failed(failure) => return Err(failure.error),
            }
        }
    }

    /// Returns the next open connection, in turn. Starts the attempts that are due
    /// for a call that has seen this many failures: all of them, for a new call.
    fn pick(self: &Arc<Self>, seen: &mut Option<u64>) -> Pick {
        let now = Instant::now();
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let state = &mut *state;
        let seen = *seen.get_or_insert(state.failed);
        while state.tasks.try_join_next().is_some() {}
        let mut lost = false;
        for member in &mut state.members {
            lost |= self.note_closed(member);
            if member.attempts.is_due(now, seen) {
                let (pool, address) = (Arc::downgrade(self), member.address.clone());
                let dialing = connect(pool, Arc::clone(&self.connector), address);
                member.attempts.begin(now, state.tasks.spawn(dialing));
            }
        }
        if lost {
            state.look_up_again();
        }
        if state.lookup.is_due(now, seen) {
            let asking = look_up(Arc::downgrade(self), Arc::clone(&self.connector));
            state.lookup.begin(now, state.tasks.spawn(asking));
        }
        state.in_turn().map_or_else(|| state.none(), Pick::Use)
    }

    /// Returns whether the connection of a member was closed. If nothing was
    /// received on it, that counts as a failed attempt.
    fn note_closed(&self, member: &mut Member) -> bool {
        let Outcome::Succeeded(connection) = &member.attempts.outcome else {
            return false;
        };
        if !connection.is_closed() {
            return false;
        }
        match connection.failure() {
            None => {
                member.attempts.forget_failures();
                member.attempts.outcome = Outcome::Due;
            }
            Some(error) => {
                let error = member.address.describe(error, &self.connector.target);
                // No call has waited for this failure.
                member.attempts.fail(error, &self.backoff, 0);
            }
        }
        true
    }

    fn connected(&self, address: &Address, connected: net_traits::Result<Connection>) {
        self.change(|state| {
            let mut members = state.members.iter_mut();
            // A lookup may have removed it meanwhile.
            let Some(member) = members.find(|known| known.address == *address) else {
                return;
            };
            match connected {
                Ok(connection) => member.attempts.outcome = Outcome::Succeeded(connection),
                Err(error) => {
                    state.failed += 1;
                    member.attempts.fail(error, &self.backoff, state.failed);
                    state.look_up_again();
                }
            }
        });
    }

    fn looked_up(&self, found: net_traits::Result<Vec<Address>>) {
        self.change(|state| match found {
            Ok(addresses) => {
                state.lookup.forget_failures();
                state.lookup.outcome = Outcome::Succeeded(());
                let known = &mut state.members;
                known.retain(|member| addresses.contains(&member.address));
                for address in addresses {
                    if known.iter().all(|member| member.address != address) {
                        known.push(Member::at(address));
                    }
                }
            }
            Err(error) => {
                let error = error.with_network("tcp");
                state.failed += 1;
                state.lookup.fail(error, &self.backoff, state.failed);
            }
        });
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner));
        self.changed.notify_waiters();
    }
}

impl State {
    /// Makes a lookup due, if there is a resolver: the addresses may have changed.
    fn look_up_again(&mut self) {
        if self.resolves && matches!(self.lookup.outcome, Outcome::Succeeded(())) {
            self.lookup.outcome = Outcome::Due;
        }
    }

    /// Returns the connection of the next member that is connected, in turn.
    fn in_turn(&mut self) -> Option<Connection> {
        let count = self.members.len();
        for index in (0..count).map(|offset| (self.next + offset) % count) {
            if let Outcome::Succeeded(connection) = &self.members[index].attempts.outcome {
                self.next = index + 1;
                return Some(connection.clone());
            }
        }
        None
    }

    /// Returns what a call does while no member is connected.
    fn none(&self) -> Pick {
        let members = self.members.iter().map(|member| member.attempts.failure());
        let lookup = match self.lookup.outcome {
            // It has succeeded, and its addresses are members.
            Outcome::Succeeded(()) => None,
            _ => Some(self.lookup.failure()),
        };
        let failures: Option<Vec<Failure>> = members.chain(lookup).collect();
        // Unless all have failed, an attempt is pending.
        let soonest = failures.and_then(|all| all.into_iter().min_by_key(|failure| failure.retry));
        soonest.map_or(Pick::Wait, Pick::Failed)
    }
}

impl Member {
    fn at(address: Address) -> Self {
        Member {
            address,
            attempts: Attempts::new(Outcome::Due),
        }
    }
}

async fn connect<D: Dialer + 'static>(
    pool: Weak<Pool<D>>,
    connector: Arc<Connector<D>>,
    address: Address,
) {
    let connected = connector.connect(&address).await;
    if let Some(pool) = pool.upgrade() {
        pool.connected(&address, connected);
    }
}

async fn look_up<D: Dialer + 'static>(pool: Weak<Pool<D>>, connector: Arc<Connector<D>>) {
    let found = connector.lookup().await;
    if let Some(pool) = pool.upgrade() {
        pool.looked_up(found);
    }
}
