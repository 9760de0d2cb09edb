//! The connections of a channel: one for each address that its target has.
//!
//! Nothing runs while nothing is called. A call that finds a connection missing
//! has it made, by a task that outlives the call, and waits for whichever
//! address is reached first.

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
    /// Told when an attempt has ended.
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
    /// Where the round of the next call begins.
    next: usize,
    /// Lookups and dials, which end with the pool.
    tasks: JoinSet<()>,
}

#[derive(Debug)]
struct Member {
    address: Address,
    attempts: Attempts<Connection>,
}

/// What a call can do now.
enum Pick {
    Use(Connection),
    Wait,
    /// Every address has failed; this one is tried again first.
    Failed(Failure),
}

impl<D: Dialer + 'static> Pool<D> {
    pub(crate) fn new(connector: Connector<D>, backoff: Backoff) -> Self {
        let resolves = connector.resolver.is_some();
        let (members, looked_up) = if resolves {
            (Vec::new(), Outcome::Due)
        } else {
            (vec![Member::at(Address::AsTyped)], Outcome::Is(()))
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

    /// A connection for a call. Where all addresses fail, so does this, or it
    /// waits until one is reached.
    pub(crate) async fn connection(
        self: &Arc<Self>,
        wait_for_ready: bool,
    ) -> Result<Connection, Arc<net_traits::Error>> {
        // A call that does not wait has each address tried once at most.
        let mut seen = wait_for_ready.then_some(u64::MAX);
        loop {
            let mut changed = pin!(self.changed.notified());
            // Before looking, so that no change is missed.
            changed.as_mut().enable();
            match self.pick(&mut seen) {
                Pick::Use(connection) => return Ok(connection),
                Pick::Wait => changed.await,
                Pick::Failed(failure) if wait_for_ready => {
                    // Whichever comes first, it is looked again.
                    let _ = timeout_at(failure.retry, changed).await;
                }
                Pick::Failed(failure) => return Err(failure.error),
            }
        }
    }

    /// The next connection that is open, in turn. What is due is begun, for a
    /// call that has seen so many failures: as many as there are, if it is new.
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

    /// Whether a member's connection is found to be closed. If it was of no use
    /// at all, that is a failed attempt.
    fn note_closed(&self, member: &mut Member) -> bool {
        let Outcome::Is(connection) = &member.attempts.outcome else {
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
                // Whenever that was, no call has waited for it.
                member.attempts.fail(error, &self.backoff, 0);
            }
        }
        true
    }

    fn connected(&self, address: &Address, connected: net_traits::Result<Connection>) {
        self.change(|state| {
            let mut members = state.members.iter_mut();
            // It may have been resolved away meanwhile.
            let Some(member) = members.find(|known| known.address == *address) else {
                return;
            };
            match connected {
                Ok(connection) => member.attempts.outcome = Outcome::Is(connection),
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
                state.lookup.outcome = Outcome::Is(());
                let known = &mut state.members;
                known.retain(|member| addresses.contains(&member.address));
                for address in addresses {
                    if known.iter().all(|member| member.address != address) {
                        known.push(Member::at(address));
                    }
                }
            }
            Err(error) => {
                let target = &self.connector.target;
                let error = error.with_network(target.network);
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
    /// The addresses may have changed, where there is somebody to ask for them.
    fn look_up_again(&mut self) {
        if self.resolves && matches!(self.lookup.outcome, Outcome::Is(())) {
            self.lookup.outcome = Outcome::Due;
        }
    }

    /// The next member in turn that is connected.
    fn in_turn(&mut self) -> Option<Connection> {
        let count = self.members.len();
        for index in (0..count).map(|offset| (self.next + offset) % count) {
            if let Outcome::Is(connection) = &self.members[index].attempts.outcome {
                self.next = index + 1;
                return Some(connection.clone());
            }
        }
        None
    }

    /// What a call does while no member is connected.
    fn none(&self) -> Pick {
        let members = self.members.iter().map(|member| member.attempts.failure());
        let lookup = match self.lookup.outcome {
            // It has told what it can.
            Outcome::Is(()) => None,
            _ => Some(self.lookup.failure()),
        };
        let failures: Option<Vec<Failure>> = members.chain(lookup).collect();
        // Something is under way unless all have failed.
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
