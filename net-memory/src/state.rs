use std::collections::HashSet;
use std::task::Waker;
use std::time::Duration;

use net_traits::Endpoint;
use rand::SeedableRng;
use rand::rngs::Xoshiro256PlusPlus;
use slab::Slab;
use tokio::time::Instant;

use crate::bindings::Bindings;
use crate::connection::Connection;
use crate::fault::Rules;
use crate::hosts::Hosts;
use crate::listening::Listening;
use crate::mailbox::Mailbox;
use crate::packet::Packet;
use crate::queue::Queue;
use crate::trace::{Fate, Recorder};
use crate::transport::Transit;

/// All there is of a network. What it does is in the files of its parts, each
/// with an `impl State`.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) seed: u64,
    pub(crate) rng: Xoshiro256PlusPlus,
    pub(crate) hosts: Hosts,
    pub(crate) rules: Rules,
    pub(crate) recorder: Recorder,
    started: Instant,
    pub(crate) now: Instant,

    pub(crate) connections: Slab<Connection>,
    pub(crate) next_connection: u64,
    /// Hosts with both addresses of their connections.
    pub(crate) pairs: HashSet<(usize, Endpoint, Endpoint)>,
    pub(crate) listeners: Slab<Listening>,
    pub(crate) listening: Bindings,
    pub(crate) mailboxes: Slab<Mailbox>,
    pub(crate) mailing: Bindings,

    /// What is on its way.
    pub(crate) queue: Queue<Transit>,
    pub(crate) is_driven: bool,
    pub(crate) driver_until: Option<Instant>,
    pub(crate) driver_waker: Option<Waker>,
    /// Who is to be woken when the lock is free.
    pub(crate) woken: Vec<Waker>,
}

impl State {
    pub(crate) fn new(seed: u64, trace_limit: usize) -> Self {
        let now = Instant::now();
        State {
            seed,
            rng: Xoshiro256PlusPlus::seed_from_u64(seed),
            hosts: Hosts::default(),
            rules: Rules::default(),
            recorder: Recorder::new(trace_limit),
            started: now,
            now,
            connections: Slab::new(),
            next_connection: 0,
            pairs: HashSet::new(),
            listeners: Slab::new(),
            listening: Bindings::default(),
            mailboxes: Slab::new(),
            mailing: Bindings::default(),
            queue: Queue::default(),
            is_driven: false,
            driver_until: None,
            driver_waker: None,
            woken: Vec::new(),
        }
    }

    pub(crate) fn woken_driver(&mut self) {
        self.woken.extend(self.driver_waker.take());
    }

    pub(crate) fn record(&mut self, packet: &Packet, fate: Fate) {
        let at: Duration = self.now.saturating_duration_since(self.started);
        self.recorder.record(at, packet, fate);
    }
}
